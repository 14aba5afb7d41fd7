"""What happens to the consumer while it catches up, each time at the worst moment?"""

from __future__ import annotations

from .flow import Flow
from .host import Host
from .notebooks import Notebooks

from harness.drill import Run

FIRST_EVENTS, SLOWEST_PER_SECOND = 150, 25
STILL_SECONDS, FETCH_SECONDS = 0.7, 3.0
AWAY_SECONDS = 2.0
MORE_EVENTS, MORE_SECONDS, CLOCK_SECONDS = 420, 4.5, 1.3
"""A client that tells Kafka by itself of all that it has fetched, as is its default, does so every 5 s; by some clocks
it is done every second."""
HANG_SECONDS, AGAIN_SECONDS, WRITE_SECONDS = 4.0, 12.0, 1.5


def hang(flow: Flow, host: Host) -> int:
    """No write gets through any more; how many of them hang."""
    if not flow.hanging():
        flow.close_gate()
        host.patiently(flow.hanging, HANG_SECONDS)
    return flow.hanging()


def storage_fails(run: Run, flow: Flow, host: Host) -> None:
    """Writes hang; then the connections are broken off, what was under way is undone, nobody gets in, and all is well.

    Meanwhile nobody starts a consumer that has ended: a platform waits longer from one start to the next.
    """
    run.phase("catching up")
    flow.mark("thawed")
    flow.close_gate(FIRST_EVENTS)
    host.patiently(flow.hanging, FIRST_EVENTS / SLOWEST_PER_SECOND)
    flow.mark("hang")
    run.phase("storage fails")
    hung = run.fault("the storage hangs", hang, flow, host)
    fetched = run.until_quiet(flow.fetched, STILL_SECONDS, FETCH_SECONDS)
    run.record(hung=hung, held=fetched - flow.written())
    run.fault("the database breaks off all connections", lambda: flow.disconnect(keep_out=True))
    run.patiently(lambda: flow.disconnect() < 0, AWAY_SECONDS, every_seconds=0.1)
    run.healed("it is well, and so is the storage", flow.open_gate)
    host.writes(AGAIN_SECONDS)


def host_dies(run: Run, flow: Flow, host: Host) -> None:
    """SIGKILL, at the moment when it would lose most.

    If it tells Kafka of events that are not written: then, and what is under way is undone. If it does not: when
    what was under way is written, and neither Kafka could be told of it, nor a table in another transaction.
    """
    run.phase("catching up again")
    flow.mark("again")
    flow.close_gate(MORE_EVENTS)
    run.patiently(lambda: flow.hanging() or flow.exposed(), MORE_SECONDS, every_seconds=0.1)
    flow.mark("hang again")
    run.phase("host dies")
    run.record(at_risk=hang(flow, host))
    run.record(exposed=run.patiently(flow.exposed, CLOCK_SECONDS, every_seconds=0.1))
    notebooks = Notebooks(run, flow)
    if not run.facts["exposed"]:
        run.fault("the consumer's host loses sight of Kafka", host.lose_kafka)
        notebooks.close()
        before = flow.writes()
        flow.open_gate()
        run.patiently(lambda: flow.writes() > before, WRITE_SECONDS)
    run.fault("the consumer's host dies", host.kill)
    host.undo()
    notebooks.open()
    flow.open_gate()
    flow.mark("crash")
    run.healed("the consumer is started again", host.start)
    host.writes(AGAIN_SECONDS)
