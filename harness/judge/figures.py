"""What do single requests add up to: rates, percentiles, errors by kind?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

MOST_KINDS = 20
OTHER = "other"


class Request(NamedTuple):
    """One request of a customer."""

    start: float
    """Seconds since the drill began."""
    ms: float
    name: str
    error: str | None
    """None if the answer was right."""


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share (0 to 1) of the ordered values lies; 0 without values."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def summed(requests: Sequence[Request]) -> dict[str, Any]:
    """Count, errors by kind and latency of these requests."""
    times = sorted(request.ms for request in requests)
    errors = Counter(request.error for request in requests if request.error is not None)
    bad = errors.total()
    return {
        "requests": len(requests),
        "ok": len(requests) - bad,
        "errors": bad,
        "p50_ms": percentile(times, 0.50),
        "p95_ms": percentile(times, 0.95),
        "p99_ms": percentile(times, 0.99),
        "by_error": few(errors),
    }


def few(errors: Mapping[str, int], most: int = MOST_KINDS) -> dict[str, int]:
    """The most frequent kinds of errors; the rest is added up by class, so that a wrong answer stays a wrong answer.

    The class of `wrong answer: price 9` is `wrong answer: other`, that of `HTTP 503` is `HTTP other`.
    """
    ordered = sorted(errors.items(), key=lambda error: (-error[1], error[0]))
    kinds = Counter(dict(ordered[:most]))
    for error, count in ordered[most:]:
        kinds[_class(error)] += count
    return dict(kinds.most_common())


def _class(error: str) -> str:
    head, colon, _ = error.partition(": ")
    return f"{head}: {OTHER}" if colon else f"HTTP {OTHER}" if error.startswith("HTTP ") else OTHER


def of_phase(requests: Iterable[Request], start: float, end: float) -> dict[str, Any]:
    """What customers saw of the requests that started in [start, end)."""
    mine = [request for request in requests if start <= request.start < end]
    by_name: dict[str, list[Request]] = defaultdict(list)
    for request in mine:
        by_name[request.name].append(request)
    seconds = {"seconds": round(end - start, 3)}
    named = {name: seconds | summed(group) for name, group in sorted(by_name.items())}
    return seconds | summed(mine) | {"by_name": named}


def per_second(requests: Iterable[Request]) -> list[dict[str, Any]]:
    """The same for each second of the drill in which a request started."""
    seconds: dict[int, list[Request]] = defaultdict(list)
    for request in requests:
        seconds[int(request.start // 1)].append(request)
    return [{"at": at, **summed(group)} for at, group in sorted(seconds.items())]
