"""Do single requests add up to the right rates, percentiles and errors?"""

from __future__ import annotations

import pytest

from harness.judge import figures
from harness.judge.figures import Request

REQUESTS = [
    Request(0.0, 4.0, "product", None),
    Request(0.9, 8.0, "product", "timeout"),
    Request(1.0, 2.0, "basket", "HTTP 503"),
    Request(1.5, 6.0, "product", "timeout"),
    Request(2.0, 9.0, "product", None),
]


@pytest.mark.parametrize(
    ("values", "share", "wanted"),
    [
        ([], 0.5, 0.0),
        ([7.0], 0.99, 7.0),
        ([1.0, 2.0, 3.0, 4.0], 0.5, 3.0),
        ([1.0, 2.0], 1.0, 2.0),
        ([1.0, 9.0], 0, 1.0),
    ],
)
def test_percentiles_are_values_that_were_seen(values: list[float], share: float, wanted: float) -> None:
    """A percentile is one of the values, the highest for 1, and 0 where there are none."""
    assert figures.percentile(values, share) == wanted


def test_requests_are_summed_up_with_errors_by_kind() -> None:
    """Sums tell right answers from errors, and the most frequent kind of error comes first."""
    seen = figures.summed(REQUESTS)

    assert (seen["requests"], seen["ok"], seen["errors"]) == (5, 2, 3)
    assert list(seen["by_error"].items()) == [("timeout", 2), ("HTTP 503", 1)]
    assert (seen["p50_ms"], seen["p99_ms"]) == (6.0, 9.0)


def test_a_flood_of_distinct_errors_keeps_their_class() -> None:
    """The twenty most frequent kinds stay, the rest is added up: no wrong answer can hide behind other errors."""
    errors = [f"HTTP {500 + number}" for number in range(30) for _ in range(3)]
    errors += [f"wrong answer: price {number}" for number in range(400)] + ["timeout", "certificate: too old"]

    seen = figures.summed([Request(0.0, 1.0, "product", error) for error in errors])

    by_error = seen["by_error"]
    assert (seen["errors"], sum(by_error.values())) == (len(errors), len(errors))
    assert len(by_error) <= 24
    assert by_error["wrong answer: other"] == 400
    assert (by_error["HTTP other"], by_error["other"], by_error["certificate: other"]) == (30, 1, 1)


def test_nothing_sums_up_to_zeros() -> None:
    """Without requests every figure is zero."""
    assert figures.summed([]) == {
        "requests": 0, "ok": 0, "errors": 0, "p50_ms": 0.0, "p95_ms": 0.0, "p99_ms": 0.0, "by_error": {},
    }  # fmt: skip


def test_a_request_belongs_to_the_phase_in_which_it_started() -> None:
    """A phase has the requests from its beginning until just before its end."""
    seen = figures.of_phase(REQUESTS, 1.0, 2.0)

    assert (seen["seconds"], seen["requests"], seen["by_error"]) == (1.0, 2, {"HTTP 503": 1, "timeout": 1})


def test_a_phase_tells_requests_apart_by_name() -> None:
    """Each Locust name has figures of its own, with the phase's length."""
    named = figures.of_phase(REQUESTS, 0.0, 3.0)["by_name"]

    assert list(named) == ["basket", "product"]
    assert (named["product"]["requests"], named["product"]["errors"], named["product"]["seconds"]) == (4, 2, 3.0)


def test_seconds_without_requests_are_left_out() -> None:
    """The per-second table has a row for each second in which a request started, in order."""
    rows = figures.per_second([REQUESTS[4], REQUESTS[0], Request(5.2, 1.0, "product", None), REQUESTS[1]])

    assert [(row["at"], row["requests"], row["errors"]) for row in rows] == [(0, 2, 1), (2, 1, 0), (5, 1, 0)]
