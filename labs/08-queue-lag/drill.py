"""What happened after the sale, done to a fresh stack: a backlog, a storage that hangs, a host that dies."""

from __future__ import annotations

from typing import Any

import books
from crashes import host_dies, storage_fails
from flow import Flow
from host import Host

from harness.drill import Run

CUSTOMERS, LEAST_SALE = 30, 850
AT_WORK, WARM_SECONDS = 5, 10.0
STUCK_SECONDS, IDLE_SECONDS, TOLD_SECONDS = 4.0, 1.0, 4.0


def drill(run: Run) -> None:
    """Nine phases, 15 to 35 seconds."""
    flow = Flow(run)
    host = Host(run, flow)
    customers = run.traffic(users=CUSTOMERS, service="shop", data={"orders": flow.old})
    with run.sample("writes at once", flow.writing), customers:
        run.phase("warm-up")
        flow.order("/on")
        host.patiently(lambda: flow.written() > AT_WORK, WARM_SECONDS)
        run.phase("normal", seconds=1.5)
        run.phase("sale")
        run.fault("the consumer stands still", host.freeze)
        sale = flow.sell()
        run.require(sale > LEAST_SALE, f"the sale had {sale} events")
        run.mark(f"{sale} events are in Kafka")
        run.healed("the consumer goes on", host.thaw)
        storage_fails(run, flow, host)
        host_dies(run, flow, host)
        drain(run, flow, host)
        lag_on_a_quiet_topic(run, flow, host)
    run.record(died=host.died)
    books.compare(run, flow, sale)
    books.draw(run, flow)


def drain(run: Run, flow: Flow, host: Host) -> None:
    """No sales, until all is written, or nothing more comes of it, or too little; then the usual day once more."""
    run.phase("draining")
    flow.mark("once more")
    flow.order("/off")
    while (left := flow.left()) and not books.too_slow(books.caught_up(flow)):
        if not host.patiently(lambda left=left: flow.left() < left, STUCK_SECONDS):
            break
    flow.mark("drained")
    flow.order("/on")
    run.phase("recovered", seconds=1.5)


def lag_on_a_quiet_topic(run: Run, flow: Flow, host: Host) -> None:
    """What the consumer says when nothing is left to write, when a young event waits, and when an old one does."""
    flow.order("/off")
    run.phase("quiet topic")
    quiet = host.patiently(lambda: not flow.left(), STUCK_SECONDS) or not host.writes(IDLE_SECONDS)
    told: dict[str, dict[str, Any]] = {}
    run.record(left=0 if quiet else flow.left(), told=told)
    if run.facts["left"]:
        return
    told["quiet"] = lag_until(run, alarm=False, seconds=TOLD_SECONDS)
    for name, seconds in (("young", 1.5), ("old", TOLD_SECONDS)):
        flow.close_gate()
        flow.order(f"/{name}")
        told[name] = lag_until(run, alarm=True, seconds=seconds)
        flow.open_gate()
    told["after"] = lag_until(run, alarm=False, seconds=TOLD_SECONDS)


def lag_until(run: Run, *, alarm: bool, seconds: float) -> dict[str, Any]:
    """What the consumer says of its lag, as soon as its alarm is so, or when the time is over; empty: nothing."""
    said: dict[str, Any] = {}

    def ask() -> bool:
        answer = run.http("orders").get("/lag", timeout=2)
        said.clear()
        said.update(answer.json if answer.ok and isinstance(answer.json, dict) else {})
        return said.get("alarm") is alarm

    run.patiently(ask, seconds, every_seconds=0.2)
    return said
