"""One second of orders."""

from harness import Run


def drill(run: Run) -> None:
    with run.traffic(users=4, service="shop"), run.sample("answers", lambda: len(run.requests)):
        run.phase("normal", seconds=0.5)
        run.fault("nothing is done", run.container("shop").running)
        run.phase("later", seconds=0.5)
    run.record(answer=run.http("shop").get("/orders").status)
