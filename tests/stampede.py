"""What does a run of a cache stampede look like, as shipped or fixed? A literal one, for tests of the report."""

from __future__ import annotations

import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

from harness import report
from harness.judge import verdict
from harness.judge.checks import FAILED, PASSED, CheckResult
from harness.judge.recording import FORMAT, Picture, Recording
from harness.judge.verdict import Verdict
from harness.report.evidence import Draw

Json = dict[str, Any]
PHASES = [("normal", 0, 4), ("herd", 4, 8), ("calm", 8, 10), ("database down", 10, 12), ("recovered", 12, 15)]
MARKS = [
    ("hot key deleted", 4.0, "fault"),
    ("cache flushed", 5.2, "fault"),
    ("database fails", 10.0, "fault"),
    ("database back", 12.0, "healed"),
]
CHECKS = [
    "hot_key_is_read_once",
    "flush_stays_bounded",
    "customers_are_served",
    "other_products_flow",
    "price_changes_show",
]
SYMPTOM = CHECKS[1]


def content(*, broken: bool, seed: int = 7) -> Json:
    """The JSON of a run's recording."""
    random = Random(seed)
    seconds = [_second(at, random, broken=broken) for at in range(15)]
    phases = {
        name: _summed(seconds[start:end]) | {"by_name": {"product": _summed(seconds[start:end])}}
        for name, start, end in PHASES
    }
    herd = [[at / 10, _herd(at / 10, random, broken=broken)] for at in range(150)]
    return {
        "format": FORMAT,
        "lab": "cache-stampede",
        "title": "Cache stampede",
        "run": f"20261123-210501-{'aa' if broken else 'bb'}12",
        "purpose": "check",
        "variant": "as shipped" if broken else "student",
        "seed": seed,
        "started_at": "2026-11-23T21:05:01+00:00",
        "versions": {"outage": "0.1.0", "python": "3.11.7", "docker": "20.10.24", "locust": "2.47.0"},
        "host": {"cores": 2, "system": "Linux", "machine": "x86_64"},
        "durations": {"stack_seconds": 2.41, "drill_seconds": 15.2},
        "phases": [{"name": name, "start": start, "end": end} for name, start, end in PHASES],
        "marks": [{"name": name, "at": at, "kind": kind} for name, at, kind in MARKS],
        "traffic": {"seconds": seconds, "phases": phases},
        "samples": {"reads in flight": herd, "keys in the cache": herd[::5]},
        "samples_most": {},
        "deaths": [],
        "facts": {"reads_per_product": {"17": 34}},
        "unknown": [],
        "memory": {
            "peak_mib": 231.0,
            "by_container": {"db": 61.2, "catalog-1": 71.4, "catalog-2": 70.2, "cache": 14.1, "edge": 9.8},
        },
    }


def recording(*, broken: bool, seed: int = 7, **changed: Any) -> Recording:
    """The recording, with some of its parts changed."""
    return Recording(content(broken=broken, seed=seed) | changed)


def judged(*failed: str, outcome: str | None = None, reasons: tuple[str, ...] = ()) -> Verdict:
    """The verdict by the names of the checks that failed."""
    word = outcome or (verdict.BROKEN if failed else verdict.FIXED)
    return Verdict(word, reasons, tuple(_check(name, failed=name in failed) for name in CHECKS))


def _check(name: str, *, failed: bool) -> CheckResult:
    promise = f"The promise of {name.replace('_', ' ')} is kept."
    why = "Each read that a neighbour already does takes a connection from others. Errors then make more load."
    if failed:
        message = "product 17 was read 34 times after the flush, wanted at most 2"
        return CheckResult(name, FAILED, promise, why, message)
    return CheckResult(name, PASSED, promise, why, seen="at most 2 reads of a product")


def _second(at: int, random: Random, *, broken: bool) -> Json:
    hurt = broken and (5 <= at < 8 or 10 <= at < 14)
    p50 = random.uniform(300, 900) if hurt else random.uniform(4, 7)
    requests = random.randint(95, 140) if hurt else random.randint(280, 300)
    by_error = {"HTTP 503": requests // 4, "timeout": requests // 9} if hurt else {}
    if broken and at == 11:
        by_error |= {"HTTP 500": 14, "connection": 5, "wrong answer: price is missing": 3}
    return {
        "at": at,
        "requests": requests,
        "errors": sum(by_error.values()),
        "p50_ms": p50,
        "p95_ms": p50 * 1.9,
        "p99_ms": p50 * 3,
        "by_error": by_error,
    }


def _summed(rows: list[Json]) -> Json:
    requests, errors = (sum(row[key] for row in rows) for key in ("requests", "errors"))
    worst = {key: max(row[key] for row in rows) for key in ("p50_ms", "p95_ms", "p99_ms")}
    return {
        "seconds": float(len(rows)),
        "requests": requests,
        "ok": requests - errors,
        "errors": errors,
        **worst,
        "by_error": {},
    }


def _herd(at: float, random: Random, *, broken: bool) -> int:
    height = 34 if broken else 4
    since = min((at - mark for _, mark, kind in MARKS if kind == "fault" and at >= mark), default=9.0)
    return round(height * math.exp(-since) + random.random())


def pictures(seen: Recording) -> list[Picture]:
    """What the lab has to show."""
    broken = seen.variant == "as shipped"
    random = Random(seen.seed)
    reads = [random.randint(9, 34) if broken and product % 3 else random.randint(1, 2) for product in range(30)]
    waits = [
        {
            "row": f"session {row}",
            "start": 5.2 + row * 0.05,
            "end": 5.4 + row * (0.4 if broken else 0.1),
            "label": f"load_product({row})",
            "bad": broken and row > 2,
        }
        for row in range(8)
    ]
    over_time = {
        name: [[at / 2, _herd(at / 2, random, broken=broken)] for at in range(30)]
        for name in ("catalog-1", "catalog-2")
    }
    names = [f"product {product}" for product in range(30)]
    return [
        Picture(
            "Reads per product",
            "bars",
            {"x": names, "y": reads, "limit": 2, "x_title": "product", "y_title": "reads after the flush"},
        ),
        Picture("Reads per second", "series", {"lines": over_time, "limit": 10, "y_title": "reads"}),
        Picture(
            "The herd",
            "spans",
            {"rows": waits, "x_title": "seconds since the drill began", "note": "Each bar is one call."},
        ),
        Picture(
            "Slowest statements",
            "table",
            {
                "columns": ["statement", "calls", "ms"],
                "rows": [["select load_product($1)", 812, 80.4], ["select 1", 4, None]],
            },
        ),
    ]


def page(to: Path, seen: Recording, told: Verdict, shipped: Recording | None = None, pictures: Draw = pictures) -> str:
    """The report as written into this folder."""
    file = to / "report.html"
    report.write(seen, told, file, symptom=SYMPTOM, pictures=pictures, shipped=shipped)
    return file.read_text(encoding="utf-8")


class Tags(HTMLParser):
    """Collects elements with their attributes, and what a reader reads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keeps an element."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keeps a text."""
        self.words += data


def embedded(text: str) -> Json:
    """The figures that the page carries."""
    found = re.search(r'id="figures" nonce="[^"]+">(.*?)</script>', text, re.DOTALL)
    assert found
    figures: Json = json.loads(found[1])
    return figures
