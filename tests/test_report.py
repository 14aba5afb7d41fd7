"""Does the report tell what was recorded, stand alone, and keep a student's strings harmless?"""

from __future__ import annotations

import copy
import json
import math
import re
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import pytest

from harness.report import labels, write
from harness.report.course import onto, read
from harness.report.evidence import picture
from harness.report.timeline import figures

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
ATTACK = '</script><script>alert(1)</script><img src="https://evil.example/x" onerror=alert(2)>{{ 7 * 7 }}\u2028'


def recording(*, broken: bool, seed: int = 7) -> Json:
    """A run of a cache stampede, as shipped or fixed."""
    random = Random(seed)
    seconds = [_second(at, random, broken=broken) for at in range(15)]
    phases = {
        name: _summed(seconds[start:end]) | {"by_name": {"product": _summed(seconds[start:end])}}
        for name, start, end in PHASES
    }
    herd = [[at / 10, _herd(at / 10, random, broken=broken)] for at in range(150)]
    return {
        "format": 1,
        "lab": "cache-stampede",
        "run": f"20261123-210501-{'aa' if broken else 'bb'}12",
        "purpose": "check",
        "variant": "as shipped" if broken else "student",
        "seed": seed,
        "started_at": "2026-11-23T21:05:01+00:00",
        "versions": {"outage": "0.1.0", "python": "3.11.7", "docker": "20.10.24", "locust": "2.47.0"},
        "host": {"cores": 2, "memory_mib": 24000},
        "durations": {"stack_seconds": 2.41, "drill_seconds": 15.2},
        "phases": [{"name": name, "start": start, "end": end} for name, start, end in PHASES],
        "marks": [{"name": name, "at": at, "kind": kind} for name, at, kind in MARKS],
        "traffic": {"seconds": seconds, "phases": phases},
        "samples": {"reads in flight": herd, "keys in the cache": herd[::5]},
        "evidence": _evidence(random, broken=broken),
        "facts": {"reads_per_product": {"17": 34}},
        "unknown": [],
        "memory": {
            "peak_mib": 231.0,
            "by_container": {"db": 61.2, "catalog-1": 71.4, "catalog-2": 70.2, "cache": 14.1, "edge": 9.8},
        },
    }


def verdict(*failed: str, word: str | None = None, reasons: tuple[str, ...] = ()) -> Json:
    """The verdict that goes with it."""
    named = [_check(name, failed=name in failed) for name in CHECKS]
    told = word or ("BROKEN" if failed else "FIXED")
    code = {"FIXED": 0, "BROKEN": 1, "UNKNOWN": 2}[told]
    return {
        "lab": "cache-stampede",
        "verdict": told,
        "exit_code": code,
        "reasons": list(reasons),
        "checks": named,
        "symptom": "flush_stays_bounded",
        "run": "20261123-210501-aa12",
        "seconds": 18.2,
    }


def _check(name: str, *, failed: bool) -> Json:
    message = "product 17 was read 34 times after the flush, wanted at most 2" if failed else ""
    promise = f"The promise of {name.replace('_', ' ')} is kept."
    why = "Each read that a neighbour already does takes a connection from someone else. Errors then make more load."
    return {
        "name": name,
        "outcome": "failed" if failed else "passed",
        "promise": promise,
        "why": why,
        "message": message,
    }


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


def _evidence(random: Random, *, broken: bool) -> list[Json]:
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
        {
            "title": "Reads per product",
            "kind": "bars",
            "x": names,
            "y": reads,
            "limit": 2,
            "x_title": "product",
            "y_title": "reads after the flush",
        },
        {"title": "Reads per second", "kind": "series", "lines": over_time, "limit": 10, "y_title": "reads"},
        {
            "title": "The herd",
            "kind": "spans",
            "rows": waits,
            "x_title": "seconds since the drill began",
            "note": "Each bar is one call.",
        },
        {
            "title": "Slowest statements",
            "kind": "table",
            "columns": ["statement", "calls", "ms"],
            "rows": [["select load_product($1)", 812, 80.4], ["select 1", 4, None]],
        },
    ]


def page(tmp_path: Path, *args: Any) -> str:
    """The report as written to disk."""
    to = tmp_path / "report.html"
    write(args[0], args[1], to, *args[2:])
    return to.read_text(encoding="utf-8")


def own(text: str) -> str:
    """The page without the plotting library."""
    start = text.index("* plotly.js v")
    return text[:start] + text[text.index("</script>", start) :]


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


def test_page_asks_the_network_for_nothing(tmp_path: Path) -> None:
    """No element loads anything, and the page forbids the browser to load anything."""
    tags = Tags(page(tmp_path, recording(broken=False), verdict(), recording(broken=True))).found
    loads = [
        value
        for _, attrs in tags
        for name, value in attrs.items()
        if name in {"src", "href", "srcset", "action", "data"}
    ]
    assert loads == ["data:,"]
    policy = next(attrs["content"] or "" for tag, attrs in tags if tag == "meta" and "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'")


def test_own_parts_name_no_address(tmp_path: Path) -> None:
    """The page's own style, script and figures hold no address of another machine."""
    text = own(page(tmp_path, recording(broken=True), verdict(CHECKS[1])))
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]{2,}", text)
    assert "@import" not in text
    assert "url(" not in text


def test_every_script_carries_the_nonce(tmp_path: Path) -> None:
    """Only the page's own scripts may run, so a string that slipped through would not."""
    tags = Tags(page(tmp_path, recording(broken=True), verdict())).found
    nonces = {attrs.get("nonce") for tag, attrs in tags if tag == "script"}
    assert len(nonces) == 1
    assert f"script-src 'nonce-{nonces.pop()}'" in str(tags)


@pytest.mark.parametrize("word", ["FIXED", "BROKEN", "UNKNOWN"])
def test_verdict_is_a_word_and_a_sign(tmp_path: Path, word: str) -> None:
    """The verdict is told by word, sign and colour, also in the window's title."""
    text = page(tmp_path, recording(broken=True), verdict(word=word))
    sign = {"FIXED": "✓", "BROKEN": "✗", "UNKNOWN": "?"}[word]
    assert f'class="verdict {word.lower()}"' in text
    assert f"<title>{sign} {word} · Cache stampede</title>" in text


def test_the_heading_is_the_labs_title(tmp_path: Path) -> None:
    """As its author has written it; a recording of before has none, and its lab's name does instead."""
    text = page(tmp_path, recording(broken=True) | {"title": "DNS cutover"}, verdict(word="BROKEN"))
    assert "BROKEN · DNS cutover</title>" in text


def test_checks_tell_promise_seen_wanted_and_why(tmp_path: Path) -> None:
    """Each check is named with its promise, and a failed one with what was seen and wanted."""
    text = page(tmp_path, recording(broken=True), verdict(CHECKS[1]))
    for name in CHECKS:
        assert f"<code>{name}</code>" in text
        assert f"The promise of {name.replace('_', ' ')} is kept." in text
    assert "<dd>product 17 was read 34 times after the flush</dd>" in text
    assert "<dd>at most 2</dd>" in text
    assert "Each read that a neighbour already does" in text


def test_failed_checks_come_first(tmp_path: Path) -> None:
    """What is broken stands above what is kept."""
    text = page(tmp_path, recording(broken=True), verdict(CHECKS[3]))
    assert re.findall(r"<code>(\w+)</code>", text) == [CHECKS[3], *CHECKS[:3], CHECKS[4]]


def test_reproduced_outage_is_called_so(tmp_path: Path) -> None:
    """As shipped, the failing symptom is the outage, and not a student's failure."""
    assert "The outage is reproduced: 1 of 5 promises is broken." in page(
        tmp_path, recording(broken=True), verdict(CHECKS[1])
    )
    student = recording(broken=True) | {"variant": "student"}
    assert "The outage is reproduced" not in page(tmp_path, student, verdict(CHECKS[1]))


def test_every_phase_and_mark_is_named(tmp_path: Path) -> None:
    """Phases and marks are named in the page and in the picture."""
    text = page(tmp_path, recording(broken=True), verdict())
    drawn = [note["text"] for note in embedded(text)["now"]["wide"]["annotations"]]
    for name, _, _ in PHASES:
        assert name in drawn
        assert f'<th scope="row">{name}</th>' in text
    for number, (name, _, _) in enumerate(MARKS, start=1):
        assert any(note.endswith(f" {number} {name}") for note in drawn)
        assert f"</span> {name} <span" in text


def test_panels_follow_one_time_axis(tmp_path: Path) -> None:
    """Rate, latency, errors and the lab's signal share one time axis, and bands and lines cross them all."""
    figure = embedded(page(tmp_path, recording(broken=True), verdict()))["now"]
    assert {trace.get("xaxis", "x") for trace in figure["data"]} == {"x"}
    assert {trace["yaxis"] for trace in figure["data"]} == {"y", "y2", "y3", "y4"}
    shapes = figure["wide"]["shapes"]
    assert [shape["type"] for shape in shapes] == ["rect"] * 5 + ["line"] * 4


def test_labels_of_marks_and_phases_never_overlap() -> None:
    """However close marks and phases are, their labels stand beside or above each other."""
    run = recording(broken=True)
    run["marks"] = [{"name": f"mark with a long name {at}", "at": 7 + at / 20, "kind": "note"} for at in range(8)]
    run["phases"] = [{"name": f"a phase of its own {at}", "start": at / 2, "end": (at + 1) / 2} for at in range(20)]
    course = read(run)
    for spots in (
        labels.mark_spots(course.marks, float, course.end, 470, named=True),
        labels.phase_spots(course.phases, float, course.end, 250),
    ):
        together = [(one, two) for one in spots for two in spots if one is not two and one.row == two.row]
        assert all(one.right <= two.left or two.right <= one.left for one, two in together)


def test_run_as_shipped_stands_beside_on_the_same_scales(tmp_path: Path) -> None:
    """Before and after can be compared: two timelines with the same axes, and both figures of each phase."""
    text = page(tmp_path, recording(broken=False), verdict(), recording(broken=True))
    now, shipped = (embedded(text)[key]["layout"] for key in ("now", "shipped"))
    for axis in ("xaxis", "yaxis", "yaxis2", "yaxis3", "yaxis4"):
        assert now[axis]["range"] == shipped[axis]["range"]
    row = re.search(r'<th scope="row">recovered</th>.*?</tr>', text, re.DOTALL)
    assert row
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", row[0])
    assert len(cells) == 7
    assert cells[-1] == "0 %"
    assert cells[-2] != "0 %"


def test_run_as_shipped_is_not_compared_with_itself(tmp_path: Path) -> None:
    """The report of the run as shipped has one timeline."""
    run = recording(broken=True)
    assert "shipped" not in embedded(page(tmp_path, run, verdict(CHECKS[1]), run))


def test_phases_are_aligned_though_they_lasted_differently() -> None:
    """Times of the run as shipped move so that its phases coincide with this run's."""
    slow = read({"phases": [{"name": "a", "start": 0, "end": 4}, {"name": "b", "start": 4, "end": 14}]})
    fast = read({"phases": [{"name": "a", "start": 0, "end": 2}, {"name": "b", "start": 2, "end": 4}]})
    assert [onto(slow, fast)(at) for at in (0, 2, 4, 9, 14, 15)] == [0, 1, 2, 3, 4, 5]


def test_times_stay_where_no_phase_is_shared() -> None:
    """Runs whose phases have nothing in common are drawn on their own times."""
    one, two = read({"phases": [{"name": "a", "start": 0, "end": 4}]}), read({})
    assert onto(one, two)(3.5) == 3.5


def test_a_phase_without_length_does_no_harm() -> None:
    """A run that broke off as a phase began can still be aligned."""
    one = read({"phases": [{"name": "a", "start": 0, "end": 0}, {"name": "b", "start": 0, "end": 3}]})
    assert onto(one, one)(1.5) == 1.5


def test_errors_beyond_the_colours_are_shown_together() -> None:
    """Rare kinds of errors share one colour, and none is lost."""
    by_error = {f"HTTP {500 + kind}": 20 - kind for kind in range(12)}
    run = read({"traffic": {"seconds": [{"at": 0, "requests": 300, "by_error": by_error}]}})
    figure, _ = figures(run, None)
    assert figure is not None
    bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
    assert bars[-1]["name"] == "other errors"
    assert sum(sum(trace["y"]) for trace in bars) == sum(by_error.values())


def test_bars_above_the_limit_are_bad_in_colour_and_pattern() -> None:
    """The limit is a line; what crosses it differs by colour, by pattern and in words."""
    shown = picture({"title": "t", "kind": "bars", "x": [1, 2, 3], "y": [1, 5, 2], "limit": 2}, "key")
    assert shown.figure is not None
    good, bad = shown.figure["data"]
    assert (good["y"], bad["y"]) == ([1, 2], [5])
    assert good["marker"]["color"] != bad["marker"]["color"]
    assert good["marker"]["pattern"]["shape"] != bad["marker"]["pattern"]["shape"]
    assert shown.figure["layout"]["shapes"][0]["y0"] == 2
    assert shown.caption == "1 of 3 values above the limit of 2."


def test_all_kinds_of_evidence_are_shown(tmp_path: Path) -> None:
    """Bars, series and spans are drawn, a table is a table, and a kind from the future is shown as it is."""
    run = recording(broken=True)
    run["evidence"].append({"title": "From the future", "kind": "hologram", "depth": 3})
    text = page(tmp_path, run, verdict())
    for item in run["evidence"]:
        assert f"<h3>{item['title']}</h3>" in text
    assert {"evidence0", "evidence1", "evidence2"} <= embedded(text).keys()
    assert "<td>select load_product($1)</td><td>812</td><td>80.4</td>" in text
    assert "hologram" in text


def poisoned(value: Any) -> Any:
    """The same structure with every text and every free key turned into an attack."""
    keep = {"format", "kind", "started_at", "outcome", "verdict"}
    if isinstance(value, dict):
        return {key: each if key in keep else poisoned(each) for key, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each) for each in value]
    return ATTACK if isinstance(value, str) else value


def test_strings_of_a_student_stay_strings(tmp_path: Path) -> None:
    """Whatever stands in names, messages and facts adds no element, ends no script and runs no template."""
    run, told = recording(broken=True), verdict(CHECKS[1], reasons=("r",))
    harmless = Tags(page(tmp_path, run, told)).found
    run["samples"][ATTACK] = run["samples"].pop("reads in flight")
    run["traffic"]["seconds"][6]["by_error"][ATTACK] = 99
    run["memory"]["by_container"][ATTACK] = 1.0
    run["facts"] |= {ATTACK: ATTACK}
    text = page(tmp_path, poisoned(run), poisoned(told))
    found = Tags(text).found
    assert [tag for tag, _ in found].count("script") == [tag for tag, _ in harmless].count("script")
    assert not [tag for tag, attrs in found if tag == "img" or "onerror" in attrs]
    assert "</script><script>alert" not in text
    assert escape("{{ 7 * 7 }}") in text


def test_texts_in_pictures_are_no_markup(tmp_path: Path) -> None:
    """The plotting library reads markup in labels, so labels carry none of a student's."""
    run = recording(broken=True)
    run["marks"][0]["name"] = run["phases"][0]["name"] = '<a href="https://evil.example">x</a>'
    drawn = json.dumps(embedded(page(tmp_path, run, verdict())))
    assert "<a" not in drawn
    assert "&lt;a" in drawn


def test_lone_surrogates_and_nan_do_not_stop_the_report(tmp_path: Path) -> None:
    """Texts that no encoding knows and numbers that are none are shown as well as may be."""
    run = recording(broken=True)
    run["facts"] = {"odd": "\ud800"}
    run["samples"]["reads in flight"][3][1] = math.nan
    text = page(tmp_path, run, verdict())
    assert embedded(text)["now"]["data"][-1]["y"][3] is None


@pytest.mark.parametrize(
    "missing", ["phases", "marks", "traffic", "samples", "evidence", "memory", "host", "versions", "durations", "facts"]
)
@pytest.mark.parametrize("empty", ["absent", "null", "empty"])
def test_any_missing_part_leaves_a_page(tmp_path: Path, missing: str, empty: str) -> None:
    """A recording that lacks a part still makes a page with its verdict and its checks."""
    run = recording(broken=True)
    kind = type(run[missing])
    del run[missing]
    run |= {} if empty == "absent" else {missing: None if empty == "null" else kind()}
    for other in (None, recording(broken=True, seed=8) | {"run": "other"}):
        text = page(tmp_path, run, verdict(CHECKS[1]), other)
        assert "BROKEN" in text
        assert CHECKS[1] in text
    assert page(tmp_path, recording(broken=False), verdict(), run)


def test_run_that_never_began_gives_its_reason(tmp_path: Path) -> None:
    """UNKNOWN before the drill: the reason in full with its lines, and no empty pictures."""
    reason = 'catalog-1 does not start:\n  File "/app/app.py", line 12\nSyntaxError: invalid syntax'
    told = verdict(word="UNKNOWN", reasons=(reason,)) | {"checks": []}
    text = page(tmp_path, {"format": 1, "lab": "cache-stampede", "unknown": [reason]}, told)
    assert unescape(text).count(reason) == 1
    assert "This run cannot be judged." in text
    assert embedded(text) == {}


def test_empty_recording_and_verdict_give_a_page(tmp_path: Path) -> None:
    """Even from nothing a page is made, and it says UNKNOWN."""
    assert "UNKNOWN" in page(tmp_path, {}, {})


def test_run_that_broke_off_in_a_phase_is_drawn_to_its_end() -> None:
    """A phase without an end lasts until the last thing that was seen."""
    run = recording(broken=True)
    run["phases"] = [{"name": "normal", "start": 0.0, "end": None}]
    assert read(run).phases[0].end == 15


def test_provenance_and_memory_are_told(tmp_path: Path) -> None:
    """Versions, host, durations, seed and memory stand on the page."""
    words = Tags(page(tmp_path, recording(broken=True), verdict())).words
    for expected in ("20.10.24", "2 cores, 23 GiB", "2.41", "231 MiB", "71 MiB", "23 November 2026, 21:05", "18 s"):
        assert expected in words


def test_writing_leaves_the_recording_as_it_was(tmp_path: Path) -> None:
    """The report reads, and changes nothing."""
    run, told = recording(broken=True), verdict(CHECKS[1])
    before = copy.deepcopy((run, told))
    page(tmp_path, run, told, recording(broken=False))
    assert (run, told) == before
