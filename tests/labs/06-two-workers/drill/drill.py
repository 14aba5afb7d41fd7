"""The two lose sight of each other, and see each other again; then somebody else answers for a while."""

import socket
from typing import Any

from harness import Run


def drill(run: Run) -> None:
    asks = run.http("asks")

    def sees() -> Any:
        return asks.get("/seen").json["sees"]

    def reaches(port: int) -> Any:
        return run.patiently(lambda: asks.get("/seen").json["port"] == str(port), 5)

    with run.traffic(users=2, service="asks"):
        run.phase("normal", seconds=0.3)
        run.record(before=run.patiently(sees, 5))
        run.fault("they lose sight of each other", run.container("asks").blind_to, "answers")
        run.record(blind=run.patiently(lambda: not sees(), 5))
        socket.create_connection(run.address("answers", 9000), timeout=2).close()
        run.healed("they see each other again", run.container("asks").sees_again)
        run.record(after=run.patiently(sees, 5))
        straight = run.fault("somebody else answers", run.container("asks").divert, "answers", 9000, "answers", 9001)
        run.record(diverted=reaches(9001))
        run.healed("the right one answers", straight)
        run.record(straight=reaches(9000))
    run.phase("nobody asks any more")
    run.record(looks=run.notes("looks"), clock=run.clock(), ok=len([one for one in run.requests if not one.error]))
    run.record(no_page=asks.get("/nothing").status, failing=asks.get("/fails").status, health=asks.get("/health").json)
