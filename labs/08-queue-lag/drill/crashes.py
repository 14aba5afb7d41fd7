"""What happens to the consumer while it catches up, each time at the worst moment?"""

from __future__ import annotations

from typing import Any

from harness import Run

from .hands import Flow, Host
from .lag import ask_once

MANY_LEFT, SOME_LEFT, FIRST_SECONDS, HANG_SECONDS, HUNG_SECONDS = 600, 180, 6.0, 4.0, 3.0
AWAY_SECONDS, AGAIN_SECONDS, WRITE_SECONDS, ASK_SECONDS, LOOK_SECONDS = 2.0, 12.0, 1.5, 2.0, 1.0
MORE_SECONDS, CLOCK_SECONDS = 4.5, 1.3  # a client that commits by the clock: every 5 s (the default), or every second
LOCK = "SET lock_timeout = '8s'; BEGIN; LOCK TABLE {} IN SHARE MODE"


def storage_fails(run: Run, flow: Flow, host: Host) -> None:
    """COMMITs hang and are undone, and nobody gets in; then one is done, and its answer lost; then some break off."""
    flow.close_gate(MANY_LEFT)
    host.patiently(lambda: flow.count("hanging"), FIRST_SECONDS)
    flow.mark("hang")
    run.phase("storage fails")
    hanging = run.fault("the storage hangs", hang, flow, host)
    run.patiently(lambda: False, HUNG_SECONDS)  # until nothing more is fetched, and for longer than some clients wait
    run.record(hang={"hanging": hanging, "written": flow.count("written"), **run.tell("kafka", "topics")["orders"]})
    run.fault("the database breaks off all connections", lambda: flow.disconnect(keep_out=True))
    run.patiently(lambda: flow.disconnect() < 0, AWAY_SECONDS, every_seconds=0.1)
    flow.answers(commits=False)
    run.healed("the database takes connections again", flow.open_gate)
    run.record(unanswered=host.patiently(lambda: flow.count("unanswered"), AGAIN_SECONDS))
    run.fault("the database breaks off after a COMMIT, before its answer", flow.disconnect)
    flow.answers(commits=True)
    host.writes(AGAIN_SECONDS)
    run.fault("the database breaks off all connections once more", flow.disconnect)
    host.writes(AGAIN_SECONDS)


def hang(flow: Flow, host: Host) -> int:
    """No write gets through any more; how many of them hang."""
    if not flow.count("hanging"):
        flow.close_gate()
        host.patiently(lambda: flow.count("hanging"), HANG_SECONDS)
    return flow.count("hanging")


def host_dies(run: Run, flow: Flow, host: Host) -> None:
    """SIGKILL when it loses most: when Kafka knows of events before their COMMIT, or else of none that just were."""
    run.phase("catch-up again")
    flow.mark("again")
    flow.close_gate(SOME_LEFT)
    run.patiently(lambda: flow.count("hanging") or flow.exposed(), MORE_SECONDS, every_seconds=0.1)
    flow.mark("hang again")
    run.phase("host dies")
    hang(flow, host)
    held: list[Any] = []
    exposed = run.patiently(flow.exposed, CLOCK_SECONDS, every_seconds=0.1)
    run.patiently(lambda: ask_once(run, "backlog", flow.moments["sold"], flow.moments["frozen"]), LOOK_SECONDS)
    left, hanging, sent = flow.count("unwritten"), flow.count("hanging"), len(run.tell("sales", "sent"))
    run.record(crash={"left": left, "hanging": hanging, "committed": run.tell("kafka", "groups"), "sent": sent})
    if not exposed:
        run.fault("the consumer's host is cut off from Kafka", host.do, "blind_to", "kafka")
        held, before = hold_notebooks(run, flow), flow.count("ledger")
        flow.open_gate()
        run.patiently(lambda: flow.count("ledger") > before, WRITE_SECONDS)
    run.fault("the consumer's host dies", host.kill)
    for connection in held:
        connection.close()
    flow.open_gate()
    run.healed("the consumer is started again", host.start)
    host.writes(AGAIN_SECONDS)


def hold_notebooks(run: Run, flow: Flow) -> list[Any]:
    """Stand in the line for each table of the consumer's own: it can write, and no longer note that it has written."""
    names = flow.value("SELECT json_agg(name) FROM lab.notebooks") or []
    held = [run.postgres("db").connect() for _ in names]  # one for all could be part of a deadlock
    for name, connection in zip(names, held, strict=True):
        connection.pgconn.send_query(LOCK.format(name).encode())
    mine = [connection.info.backend_pid for connection in held]
    run.patiently(lambda: flow.value("SELECT lab.asked(%s)", mine) == len(held), ASK_SECONDS)
    return held
