"""What happened after the sale, done to a fresh stack: a backlog, a storage that hangs, a host that dies."""

from __future__ import annotations

from harness import Run

from .crashes import host_dies, storage_fails
from .hands import Flow, Host
from .lag import ask

CUSTOMERS, CONNECTIONS, LEAST_SALE = 30, 30, 700
AT_WORK, WARM_SECONDS, STUCK_SECONDS, IDLE_SECONDS, DRAIN_SECONDS = 5, 10.0, 4.0, 1.0, 15.0


def drill(run: Run) -> None:
    """Ten phases, 15 to 30 seconds."""
    host = Host(run, flow := Flow(run))
    customers = run.traffic(users=CUSTOMERS, service="shop", data={"orders": flow.old})
    with run.sample("writes at once", flow.writing, most=CONNECTIONS), customers:
        run.phase("warm-up")
        run.tell("sales", "usual", on=True)
        host.patiently(lambda: flow.count("written") > AT_WORK, WARM_SECONDS)
        run.phase("normal", seconds=1.5)
        a_sale(run, flow, host)
        storage_fails(run, flow, host)
        host_dies(run, flow, host)
        quiet_topic(run, flow, host, lost=drain(run, flow, host))
    run.record(**flow.value("SELECT lab.keep(%s, %s)", run.tell("sales", "sent"), run.epoch(0.0)))
    run.record(moments=flow.moments, ended=host.ended)


def a_sale(run: Run, flow: Flow, host: Host) -> None:
    """Hundreds of events come while the consumer does nothing; then it goes on."""
    run.phase("sale")
    run.fault("the consumer stands still", host.do, "pause")
    flow.mark("frozen")
    sale = int(flow.value("SELECT lab.sell(%s)", run.tell("sales", "sale")))
    flow.mark("sold")
    run.require(sale > LEAST_SALE, f"the sale had {sale} events")
    run.mark(f"{sale} events are in Kafka")
    run.phase("catching up")
    run.healed("the consumer goes on", host.do, "unpause")
    flow.mark("thawed")


def drain(run: Run, flow: Flow, host: Host) -> int:
    """No sales until all is written, or nothing more comes of it; then a usual day again. How many events are left?"""
    run.phase("draining")
    flow.mark("once more")
    run.tell("sales", "usual", on=False)
    until = run.clock() + DRAIN_SECONDS
    while (lost := flow.left()) and host.writes(STUCK_SECONDS) and run.clock() < until:
        pass
    flow.mark("drained")
    run.tell("sales", "usual", on=True)
    run.phase("recovered", seconds=1.0)
    return lost


def quiet_topic(run: Run, flow: Flow, host: Host, lost: int) -> None:
    """When nothing more is written, ask for the lag; what was left before will not come any more."""
    run.tell("sales", "usual", on=False)
    run.phase("quiet topic")
    over = (host.patiently(lambda: flow.left() <= lost, STUCK_SECONDS) and not lost) or not host.writes(IDLE_SECONDS)
    run.record(quiet={"over": over, "left": flow.left()})
    if over:
        ask(run, flow, host)
