"""The price changes, then the price service is away for a moment."""

from __future__ import annotations

from harness import Run

CUSTOMERS = 8


def drill(run: Run) -> None:
    """Four phases, about six seconds."""
    with run.traffic(users=CUSTOMERS, service="shop"):
        run.phase("warm-up", seconds=0.5)
        price = run.random.randint(200, 900)
        run.fault("the price changes", change_price, run, price)
        changed = run.clock()
        run.phase("normal", seconds=1.5)
        run.fault("the price service is killed", run.container("prices").kill)
        run.phase("prices away", seconds=1.5)
        run.healed("the price service is started", run.container("prices").start)
        run.phase("recovered", seconds=1.5)
    run.record(price=price, changed=changed, shown=[[note["at"], note["cents"]] for note in run.notes("shown")])


def change_price(run: Run, cents: int) -> None:
    """Only the drill can do this: it has the key."""
    answer = run.http("prices").post("/price", json={"cents": cents}, headers={"X-Key": run.key})
    run.require(answer.ok, f"the price service did not take the new price: {answer.error or answer.status}")
