"""What happens to the consumer while it catches up, each time at the worst moment?"""

from __future__ import annotations

from flow import Flow
from host import Host

from harness.drill import Run

FIRST_EVENTS, SLOWEST_PER_SECOND = 260, 40
STILL_SECONDS, FETCH_SECONDS = 0.7, 3.0
MORE_EVENTS, MORE_SECONDS = 550, 5.5
"""A client that tells Kafka by itself of all that it has fetched, as is its default, does so every 5 s."""
HANG_SECONDS, AGAIN_SECONDS = 4.0, 12.0


def hang(flow: Flow, host: Host) -> int:
    """No write gets through any more; how many of them hang."""
    if not flow.hanging():
        flow.close_gate()
        host.patiently(flow.hanging, HANG_SECONDS)
    return flow.hanging()


def storage_fails(run: Run, flow: Flow, host: Host) -> None:
    """Writes hang; then the storage breaks off its connections, what was under way is undone, and all is well again."""
    run.phase("catching up")
    flow.mark("thawed")
    flow.close_gate(FIRST_EVENTS)
    host.patiently(flow.hanging, FIRST_EVENTS / SLOWEST_PER_SECOND)
    flow.mark("hang")
    run.phase("storage fails")
    hung = run.fault("the storage hangs", hang, flow, host)
    fetched = run.until_quiet(flow.fetched, STILL_SECONDS, FETCH_SECONDS)
    run.record(hung=hung, held=fetched - flow.written())
    run.fault("it breaks off its connections", flow.disconnect)
    run.healed("it is well", flow.open_gate)
    host.writes(AGAIN_SECONDS)


def host_dies(run: Run, flow: Flow, host: Host) -> None:
    """SIGKILL, at the moment when it would lose most.

    If it has told Kafka of events that are not written: now, and what is under way is undone. If it has not: when
    what was under way is written, and Kafka could not be told of it.
    """
    run.phase("catching up again")
    flow.mark("again")
    flow.close_gate(MORE_EVENTS)
    run.patiently(lambda: flow.hanging() or flow.exposed(), MORE_SECONDS, every_seconds=0.1)
    flow.mark("hang again")
    run.phase("host dies")
    run.record(at_risk=hang(flow, host), exposed=flow.exposed())
    if run.facts["exposed"]:
        run.fault("the consumer's host dies", host.kill)
        flow.disconnect()
        flow.open_gate()
    else:
        run.fault("the consumer's host loses sight of Kafka", host.lose_kafka)
        flow.open_gate()
        host.writes(HANG_SECONDS)
        run.fault("the consumer's host dies", host.kill)
    flow.mark("crash")
    run.healed("the consumer is started again", host.start)
    host.writes(AGAIN_SECONDS)
