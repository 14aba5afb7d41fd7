"""What happened that week, done to a fresh stack: pages become longer, and then each page is looked at by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness import Run

from .changes import A_POST, CHANGES
from .judge import differences
from .limits import CUSTOMERS, LARGE, MIDDLE, SMALL, USUAL
from .network import BLOCK, Network

SMALL_SECONDS, LARGE_SECONDS, BACK_SECONDS = 2.0, 4.0, 1.5
HELD_BYTES, HELD_SECONDS = 250, 1.0  # an answer with twenty posts, or with their ids


def drill(run: Run) -> None:
    """Traffic for nine seconds; then single requests, on two sets of data."""
    network = Network(run)
    run.record(viewer=network.viewers[0])
    network.ask(network.viewers[0], SMALL)  # the first page of a process takes longer than any other
    with run.traffic(users=CUSTOMERS, service="feed", data=for_customers(network)):
        run.phase("short pages", seconds=SMALL_SECONDS)
        network.forget()
        counted = run.clock()
        run.mark("pages of 80 posts are rolled out")
        run.phase("long pages", seconds=LARGE_SECONDS)
        run.mark("the roll-out is taken back")
        run.phase("taken back", seconds=BACK_SECONDS)
    run.until_quiet(lambda: network.cost()["calls"], seconds=5.0)
    traffic = network.cost() | {"pages": sum(request.start >= counted for request in run.requests)}
    run.phase("one by one")
    looks = count(run, network, [SMALL, MIDDLE, LARGE])
    network.publish()
    network.gather_crowd()
    run.mark("a hundred times as many people")
    looks += count(run, network, [SMALL, MIDDLE, LARGE, SMALL, LARGE])
    together = [*look_together(run, network), *look_at_other_lengths(run, network)]
    run.record(
        traffic=traffic, looks=looks, together=together, changes=[*change(run, network), change_meanwhile(run, network)]
    )


def for_customers(network: Network) -> dict[str, Any]:
    """What the customers have to know: the pages, what each of them likes, and how long which pages are asked for."""
    nobody = {str(most): network.page(0, most) for most in (SMALL, LARGE)}
    liked = {
        viewer: [post["id"] for post in network.page(viewer, LARGE) if post["liked"]] for viewer in network.viewers
    }
    lengths = [[SMALL_SECONDS, SMALL], [SMALL_SECONDS + LARGE_SECONDS, LARGE], [100.0, SMALL]]
    return {"pages": nobody, "liked": [[viewer, ids] for viewer, ids in liked.items()], "lengths": lengths}


def count(run: Run, network: Network, lengths: list[int]) -> list[dict[str, Any]]:
    """Pages of these lengths in an order that is drawn: what they cost, and what is wrong with them."""
    looks, ends = [], [post["id"] for post in network.posts[LARGE - 1 :: BLOCK]]
    for most in run.random.sample(lengths, len(lengths)):
        viewer, end = run.random.choice(network.viewers), run.random.choice(ends)
        before = end + 1
        network.forget()
        came = network.ask(viewer, most, before)
        cost, right = network.cost(), network.page(viewer, most, before)
        looks.append({"posts": most, "size": network.size(most, before), **cost, **differences(came, right)})
    return looks


def look_together(run: Run, network: Network) -> list[dict[str, Any]]:
    """Eight viewers look at the same page at the same moment."""
    viewers = run.random.sample(network.viewers, 8)
    with ThreadPoolExecutor(len(viewers)) as pool:
        came = list(pool.map(lambda viewer: network.ask(viewer, MIDDLE), viewers))
    return [differences(one, network.page(viewer, MIDDLE)) for viewer, one in zip(viewers, came, strict=True)]


def look_at_other_lengths(run: Run, network: Network) -> list[dict[str, Any]]:
    """The shortest page, the longest, and the one that comes if nobody says how long it is to be."""
    viewer = run.random.choice(network.viewers)
    lengths = {1: 1, 100: 100, None: USUAL}
    return [differences(network.ask(viewer, most), network.page(viewer, posts)) for most, posts in lengths.items()]


def change(run: Run, network: Network) -> list[dict[str, Any]]:
    """Somebody looks; something changes; they look again, and again something changes."""
    viewer, seen = run.random.choice(network.viewers), []
    network.ask(viewer, MIDDLE)
    for what in run.random.sample(list(CHANGES), len(CHANGES)):
        network.change(CHANGES[what], viewer)
        seen.append({"what": what, **differences(network.ask(viewer, MIDDLE), network.page(viewer, MIDDLE))})
    return seen


def change_meanwhile(run: Run, network: Network) -> dict[str, Any]:
    """A page is under way, and its data are held back; somebody writes a post; the page is asked for once more.

    What has been read for the first of these two is old when the second is asked for.
    """
    viewer = run.random.choice(network.viewers)
    with ThreadPoolExecutor(2) as pool:
        run.tell("hop", "hold", least_bytes=HELD_BYTES)
        pool.submit(network.ask, viewer, MIDDLE)
        run.patiently(lambda: run.tell("hop", "held"), HELD_SECONDS)
        network.change(CHANGES[A_POST], viewer)
        again = pool.submit(network.ask, viewer, MIDDLE)
        run.patiently(lambda: run.tell("hop", "held") > 1, HELD_SECONDS)
        run.tell("hop", "release")
    right = network.page(viewer, MIDDLE)
    return {"what": f"{A_POST} while a page is under way", **differences(again.result(), right)}
