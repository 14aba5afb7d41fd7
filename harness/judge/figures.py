"""What do single requests add up to: rates, percentiles, errors by kind?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


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
        "by_error": dict(errors.most_common()),
    }


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
