"""What does the consumer say of its lag: while the storage hangs, with nothing left to write, and while events wait?"""

from __future__ import annotations

from typing import Any

from harness import Answer, NotJudgedError, Run

from . import judge
from .hands import Flow, Host
from .limits import ANSWER_SECONDS

TOLD_SECONDS, GROW_SECONDS, STUCK_SECONDS, MOST_TEXT, TOO_MUCH, PARTITIONS = 4.0, 3.0, 4.0, 160, 1e9, 3
MILD, OLD, YOUNG = (7.5, 9.0), (19.0, 60.0), (0.0, 3.0)  # ages of events, in seconds


def ask(run: Run, flow: Flow, host: Host) -> None:
    """With nothing; then the oldest event waits in one partition after the other, and younger ones in the others."""
    missing = flow.left()

    def until(name: str, made: float | None = None, seconds: float = TOLD_SECONDS, least: float = 0.0) -> bool:
        return run.patiently(lambda: ask_once(run, name, made, made, least), seconds, every_seconds=0.2)

    def send(ages: tuple[float, float], place: int) -> float:
        each = [run.random.uniform(*ages if place == partition else YOUNG) for partition in range(PARTITIONS)]
        return round(run.at(min(event["made"] for event in run.tell("sales", "single", ages=each))), 2)

    places, right = run.random.sample(range(PARTITIONS), PARTITIONS), until("quiet")
    for name, place, ages in zip(("mild", "old", "elsewhere"), places, (MILD, OLD, OLD), strict=True):
        if right:
            flow.close_gate()
            host.do("pause")  # or poll() could give it the young ones, and hang in these before the old one comes
            made = send(ages, place)
            host.do("unpause")
            right = until(name, made)
            if right and name == "old":
                send(YOUNG, place)
                right = until("later", made, GROW_SECONDS, run.facts["told"][name]["seconds"] + 1)
            flow.open_gate()
            right = right and host.patiently(lambda: flow.left() <= missing, STUCK_SECONDS) and until("after")


def ask_once(run: Run, name: str, made: float | None, earliest: float | None, least: float = 0.0) -> bool:
    """Note what `/lag` says, and between which times the oldest event was made that waits; is it right, and enough?"""
    about = {"made": made, "earliest": earliest, "asked": round(run.clock(), 2)}
    said = about | heard(run) | {"answered": round(run.clock(), 2)}
    run.record(told=run.facts.get("told", {}) | {name: said})
    return judge.is_right(said) and said["seconds"] >= least


def heard(run: Run) -> dict[str, Any]:
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
