"""What does the consumer say of its lag when nothing is left to write, and when young or old events wait?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .flow import Flow
from .host import Host

from harness.drill import Run
from harness import NotJudgedError
from harness.instruments import Answer

STUCK_SECONDS, IDLE_SECONDS = 4.0, 1.0
YOUNG_SECONDS, TOLD_SECONDS, GROW_SECONDS = 1.5, 4.0, 3.0
ANSWER_SECONDS, NONE_SECONDS, MOST_TEXT = 2.0, 3.0, 120
OTHERS = 3
"""Young events, in any partitions, that come while the old one waits."""

NO_NUMBER = -1e6


class Asked:
    """Each answer beside the truth: how old the oldest event was just before the question, and just after it."""

    def __init__(self, run: Run, flow: Flow) -> None:
        """Nothing was asked yet."""
        self._run, self._flow = run, flow
        self.told: dict[str, dict[str, Any]] = {}

    def until(
        self, name: str, wanted: Callable[[float, bool], bool], seconds: float, made: float | None = None
    ) -> bool:
        """Ask until the answer is as wanted, or the time is over; whether it was, and the last one is kept."""

        def ask() -> bool:
            before = self._flow.now()
            said = heard(self._answer())
            least, most = (round(at - made, 2) if made else 0.0 for at in (before, self._flow.now()))
            self.told[name] = said | {"least": least, "most": most}
            return wanted(said["seconds"], said["alarm"] is True)

        return self._run.patiently(ask, seconds, every_seconds=0.2)

    def _answer(self) -> Answer:
        try:
            return self._run.http("orders").get("/lag", timeout=ANSWER_SECONDS)
        except NotJudgedError as ended:
            return Answer(None, None, "", 0.0, str(ended))


def heard(answer: Answer) -> dict[str, Any]:
    """Seconds, alarm and text of what came back, whatever it is."""
    if answer.status is None:
        text = f"did not answer within {ANSWER_SECONDS:g} s" if answer.error == "timeout" else "cannot be reached"
        return {"seconds": NO_NUMBER, "alarm": None, "answer": text}
    said = answer.json if isinstance(answer.json, dict) else {}
    seconds = said.get("seconds")
    number = float(seconds) if isinstance(seconds, int | float) and math.isfinite(seconds) else NO_NUMBER
    return {"seconds": number, "alarm": said.get("alarm"), "answer": f"said {answer.text[:MOST_TEXT].strip()}"}


def on_a_quiet_topic(run: Run, flow: Flow, host: Host) -> None:
    """When nothing more is written, ask; what is missing will not come any more."""
    flow.order("/off")
    run.phase("quiet topic")
    quiet = host.patiently(lambda: not flow.left(), STUCK_SECONDS) or not host.writes(IDLE_SECONDS)
    asked, missing = Asked(run, flow), flow.left()
    run.record(left=0 if quiet else missing, told=asked.told)
    if quiet:
        ask(flow, asked, lambda: host.patiently(lambda: flow.left() <= missing, STUCK_SECONDS))


def ask(flow: Flow, asked: Asked, written: Callable[[], bool]) -> None:
    """With nothing, a young event, an old one and one behind it, and some to overtake it; over where it is wrong."""
    if not asked.until("quiet", is_none, TOLD_SECONDS):
        return
    asked.until("young", is_alarm, YOUNG_SECONDS, send_and_hold(flow, "/young"))
    flow.open_gate()
    written()
    made = send_and_hold(flow, "/old")
    if told := asked.until("old", is_alarm, TOLD_SECONDS, made):
        first = asked.told["old"]["seconds"]
        for _ in range(OTHERS):
            flow.order("/young")
        asked.until("later", lambda seconds, _: seconds >= first + 1, GROW_SECONDS, made)
    flow.open_gate()
    if told:
        written()
        asked.until("after", is_none, TOLD_SECONDS)


def send_and_hold(flow: Flow, page: str) -> float:
    """Let the sales send that while no write gets through; when the oldest of it was made."""
    flow.close_gate()
    return min(float(event["made"]) for event in flow.order(page))


def is_alarm(_: float, alarm: bool) -> bool:
    """Whether the alarm is raised."""
    return alarm


def is_none(seconds: float, alarm: bool) -> bool:
    """Whether no event waits, or only one of this moment."""
    return not alarm and abs(seconds) <= NONE_SECONDS
