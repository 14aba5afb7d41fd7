"""Which prices change while customers look, and which price was each of them shown?"""

from __future__ import annotations

from typing import Any

from harness import Run

EVERY_MS, AT_A_TIME = 150, 6
"""How often prices change, and of how many of the popular products: each has a price for half a second or so."""
TURNS = 300
CHANGE = "INSERT INTO lab.price_changes SELECT * FROM unnest(%s::int[], %s::int[])"


class Prices:
    """All prices are drawn before the shop opens; `change` puts the next ones in force."""

    def __init__(self, run: Run, popular: list[dict[str, Any]], always: list[dict[str, Any]]) -> None:
        """Each product gets its `prices` in order, all different, its own one first; the latter change each time."""
        self._run, self._db = run, run.postgres("db").connect()
        for product in (*popular, *always):
            drawn = run.random.sample(range(700, 9000), TURNS)
            product["prices"] = [product["price"], *(price for price in drawn if price != product["price"])]
        self._left = {product["id"]: list(product["prices"]) for product in (*popular, *always)}
        ids = [product["id"] for product in popular]
        self._turns = [[*run.random.sample(ids, AT_A_TIME), *list(self._left)[len(ids) :]] for _ in range(TURNS - 2)]
        self._log = [(one, 0.0, prices[0]) for one, prices in self._left.items()]

    def change(self) -> float:
        """Some products cost something else from now on; how many changes there have been."""
        chosen = self._turns.pop()
        steps = [self._left[one][1] - self._left[one].pop(0) for one in chosen]
        self._db.execute(CHANGE, (chosen, steps))
        now = round(self._run.clock(), 3)
        self._log += [(one, now, self._left[one][0]) for one in chosen]
        return len(self._log) - len(self._left)

    def facts(self) -> dict[str, Any]:
        """Since when each price was in force, and which one customers were shown; none with an error."""
        notes = self._run.notes("prices")
        shown = [(note["product"], round(note["at"] - note["seconds"], 2), note["price"]) for note in notes]
        return {"prices": _columns(self._log, "since"), "answers": _columns(shown, "asked")}


def _columns(rows: list[tuple[Any, ...]], moment: str) -> dict[str, list[Any]]:
    """By product, and in their order in time: so the recording is small."""
    ordered = sorted(rows, key=lambda row: row[:2])
    return {name: [row[column] for row in ordered] for column, name in enumerate(("product", moment, "price"))}
