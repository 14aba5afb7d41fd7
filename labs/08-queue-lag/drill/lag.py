"""What does the consumer say of its lag when nothing is left to write, and when young or old events wait?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness import Answer, NotJudgedError, Run

from .hands import Flow, Host
from .limits import ANSWER_SECONDS, NEAR_SECONDS

TOLD_SECONDS, YOUNG_SECONDS, GROW_SECONDS, STUCK_SECONDS = 4.0, 1.5, 3.0, 4.0
MOST_TEXT, TOO_MUCH, OTHERS, PARTITIONS = 160, 1e9, 3, 3

Said = dict[str, Any]


def ask(run: Run, flow: Flow, host: Host) -> None:
    """With nothing, a young event, an old one and one behind it, and some to overtake it; over where it is wrong."""
    told: dict[str, Said] = {}
    missing = flow.left()
    run.record(told=told)

    def until(name: str, wanted: Callable[[Said], object], seconds: float, made: float | None = None) -> bool:
        def look() -> bool:
            about = {"made": made, "asked": round(run.clock(), 2)}
            told[name] = about | heard(run) | {"answered": round(run.clock(), 2)}
            return bool(wanted(told[name]))

        return run.patiently(look, seconds, every_seconds=0.2)

    def hold(page: str, **how: Any) -> float:
        flow.close_gate()
        return round(run.at(min(event["made"] for event in flow.ask("sales", page, **how))), 2)

    def release() -> None:
        flow.open_gate()
        host.patiently(lambda: flow.left() <= missing, STUCK_SECONDS)

    if until("quiet", near_none, TOLD_SECONDS):
        until("young", lambda said: said["alarm"], YOUNG_SECONDS, hold("/young"))
        release()
        made = hold("/old", partition=run.random.randrange(PARTITIONS))
        if until("old", lambda said: said["alarm"], TOLD_SECONDS, made):
            first = told["old"]["seconds"] or 0.0
            for _ in range(OTHERS):
                flow.ask("sales", "/young")
            until("later", lambda said: (said["seconds"] or 0.0) >= first + 1, GROW_SECONDS, made)
            release()
            until("after", near_none, TOLD_SECONDS)
        flow.open_gate()


def heard(run: Run) -> Said:
    """What came back: its text and, if they are in it, `seconds` and `alarm`; `error` if it was no whole answer."""
    try:
        answer = run.http("orders").get("/lag", timeout=ANSWER_SECONDS)
    except NotJudgedError:
        answer = Answer(None, None, "", 0.0, "the consumer had ended")
    said = answer.json if isinstance(answer.json, dict) else {}
    seconds, alarm = said.get("seconds"), said.get("alarm")
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool) and abs(seconds) < TOO_MUCH
    fields = {"seconds": seconds if number else None, "alarm": alarm if isinstance(alarm, bool) else None}
    return {"error": answer.error, "text": answer.text[:MOST_TEXT].strip()} | fields


def near_none(said: Said) -> bool:
    """Whether no event waits, or only one of this moment."""
    return not said["alarm"] and said["seconds"] is not None and abs(said["seconds"]) <= NEAR_SECONDS
