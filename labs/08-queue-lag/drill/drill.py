"""What happened after the sale, done to a fresh stack: a backlog, a storage that hangs, a host that dies."""

from __future__ import annotations

from . import books
from . import lag
from .crashes import host_dies, storage_fails
from .flow import Flow
from .host import Host

from harness.drill import Run

CUSTOMERS, LEAST_SALE = 30, 750
AT_WORK, WARM_SECONDS = 5, 10.0
STUCK_SECONDS = 4.0


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
        lag.on_a_quiet_topic(run, flow, host)
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
    run.phase("recovered", seconds=1.0)
