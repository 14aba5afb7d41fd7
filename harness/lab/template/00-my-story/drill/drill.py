"""The price changes, then the price service is away for a moment."""

from __future__ import annotations

from harness import Run

CUSTOMERS = 8


def drill(run: Run) -> None:
    """Four phases, about six seconds."""
    with run.traffic(users=CUSTOMERS, service="shop"):
        run.phase("warm-up", seconds=0.5)
        price = run.random.randint(200, 900)
        run.fault("the price changes", lambda: run.tell("prices", "change", cents=price))
        changed = run.clock()
        run.phase("normal", seconds=1.5)
        run.fault("the price service is killed", run.container("prices").kill)
        run.phase("prices away", seconds=1.5)
        run.healed("the price service is started", run.container("prices").start)
        run.phase("recovered", seconds=1.5)
    run.record(price=price, changed=changed, shown=[[note["at"], note["cents"]] for note in run.notes("shown")])
