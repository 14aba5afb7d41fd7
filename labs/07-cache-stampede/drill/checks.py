"""What does a right fix of the stampede promise?"""

from __future__ import annotations

from harness.recording import Figures, Recording

CATALOGS, CONNECTIONS, USERS = 2, 10, 150


def test_hot_key_is_read_once(seen: Recording) -> None:
    """After the hottest product's copies are lost, each catalog process reads it from the database at most once.

    Two of five requests ask for this product. When each of them goes to the database by itself, one lost key
    takes all the connections that the rest of the shop needs.
    """
    loaded(seen)
    at_gate, after = seen.hot_reads_at_gate, seen.hot_reads_after
    assert at_gate, f"product {seen.hottest} was not read for 5 s: customers got a copy older than the shop's 4 s"
    assert max(at_gate, after) <= CATALOGS, (
        f"product {seen.hottest} was read {at_gate} times while its first read hung, and {after} times in the second "
        f"after that; wanted at most {CATALOGS}, one for each process"
    )


def test_flush_stays_bounded(seen: Recording) -> None:
    """After the flush, each catalog process reads each product at most once, over at most five connections.

    The database is sized for the shop's normal day, when one request in twenty reaches it. Reads that fetch what
    another read is fetching already are the load that it cannot carry.
    """
    loaded(seen)
    product, reads = (seen.flush_reads or [[0, 0]])[0]
    assert reads <= CATALOGS, f"product {product} was read {reads} times within 1.5 s, wanted at most {CATALOGS}"
    most = seen.most_at_once
    assert most <= CONNECTIONS, f"{most} reads ran at once, wanted at most {CONNECTIONS}: five for each process"


def test_customers_are_served(seen: Recording) -> None:
    """At least 99 % of the requests get the right answer, in every phase but the database's failure.

    An error, an answer that comes after three seconds and an empty product page are the same to a customer.
    """
    loaded(seen)
    for phase in ("normal", "hot key is back", "flush", "recovered"):
        served(phase, seen.phase(phase))
    served("hot key (all other products)", seen.phase("hot key").named("product"))


def test_other_products_flow(seen: Recording) -> None:
    """While the read of the hottest product hangs, products that nobody has asked for before are answered.

    Whoever waits for one product must not hold up the others: else one slow row closes the whole shop. (A tenth of
    them may wait: two products can have come to share one of many locks.)
    """
    asked, bad = len(seen.others), [answer for answer in seen.others if not answer["right"]]
    assert len(bad) <= 0.1 * asked, (
        f"{len(bad)} of {asked} other products were not answered within 2 s while the read of "
        f"product {seen.hottest} hung (instead: {bad[0]['said']}), wanted all of them"
    )


def test_price_changes_show(seen: Recording) -> None:
    """Customers who go on looking at a product see its new price 5 s after the change, whichever process answers.

    The shop's rule is 4 s, and 1 s is for the way. A cache that never asks is never overrun, and sells at old prices.
    """
    bad = [answer for answer in seen.prices if not answer["right"]]
    assert not bad, (
        f"{len(bad)} of {len(seen.prices)} answers did not have the new price 5 s after the change; "
        f"{bad[0]['service']} said of product {bad[0]['product']}: {bad[0]['said']}"
    )


def test_recovers_after_database_error(seen: Recording) -> None:
    """When the database is back, errors end within 3 s and no process reads a product more often than it has to.

    Outages outlive their trigger when failures make more load, or when somebody goes on believing in the failure.
    """
    loaded(seen)
    asked, failed = seen.phase("database down").requests, seen.failed_reads
    assert failed <= 2 * asked, f"while it failed, {asked} requests made {failed} reads, wanted at most 2 each"
    served("recovered, 3 s after the database was back", seen.phase("recovered"))
    product, reads = (seen.recovered_reads or [[0, 0]])[0]
    assert reads <= CATALOGS, (
        f"when it was back, product {product} was read {reads} times within 1.5 s, wanted at most {CATALOGS}"
    )


def loaded(seen: Recording) -> None:
    """Customers asked as often as they do even where nothing answers: after 3 s they give up, and ask again."""
    phases = [seen.phase(name) for name in seen.phase_names]
    asked, wanted = sum(phase.requests for phase in phases), sum(phase.seconds for phase in phases) * USERS / 4 * 0.7
    seen.require(asked >= wanted, f"the customers sent {asked} requests in all, wanted at least {wanted:.0f}")


def served(phase: str, figures: Figures) -> None:
    kinds = ", ".join(f"{count}x {kind}" for kind, count in list(figures.by_error.items())[:3])
    assert figures.error_ratio <= 0.01, (
        f"{phase}: {figures.error_ratio:.1%} of {figures.requests} requests failed ({kinds}), wanted at most 1%"
    )
