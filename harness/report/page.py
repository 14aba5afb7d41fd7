"""How does a recording become one HTML file that stands alone?"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from harness.report import summary, timeline
from harness.report.course import Course, Json, read
from harness.report.drawing import KINDS, LATENCY, SIGNAL, axis, embedded, layout
from harness.report.evidence import Picture, peak, picture
from harness.report.labels import look

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Pair:
    """A piece of evidence of this run, and the same of the run as shipped."""

    now: Picture
    shipped: Picture | None


def write(recording: Json, verdict: Json, to: Path, shipped: Json | None = None) -> None:
    """Writes the report of one run as one HTML file that needs nothing else.

    Args:
        recording: the run (recording.json, format 1); parts of it may be missing.
        verdict: what the checks made of it (verdict.json).
        to: the file to write.
        shipped: the recording of the last run of the same lab as shipped, to compare with.

    Raises:
        OSError: the file cannot be written.
    """
    to.write_text(rendered(recording, verdict, shipped), encoding="utf-8", errors="backslashreplace")


def rendered(recording: Json, verdict: Json, shipped: Json | None = None) -> str:
    """The report as text."""
    other = shipped if shipped and shipped.get("run") != recording.get("run") else None
    now, before = read(recording), read(other) if other else None
    pairs = _evidence(recording, other)
    figures, more = _figures(now, before, pairs)
    words = _words(recording, verdict, other)
    keys = _legend(now, before) | {"marks": [(mark, look(mark.kind)[0]) for mark in now.marks]}
    embeds = {"figures": Markup(embedded(figures)), "plotly": Markup(get_plotlyjs())}  # noqa: S704 - both escaped for scripts
    drawn = {"drawn": set(figures), "more": more, "pairs": pairs, "nonce": secrets.token_urlsafe(12)}
    return _template().render(**words, **keys, **embeds, **drawn)


@cache
def _template() -> Template:
    loader = FileSystemLoader(TEMPLATES)
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template("report.html")


def _figures(now: Course, before: Course | None, pairs: list[Pair]) -> tuple[dict[str, Json], list[tuple[str, str]]]:
    """All figures by name, and name and title of the further samples."""
    timelines = dict(zip(("now", "shipped"), timeline.figures(now, before), strict=True))
    pictures = {each.key: each.figure for pair in pairs for each in (pair.now, pair.shipped) if each}
    samples = {f"sample{index}": (name, line) for index, (name, line) in enumerate(list(now.samples.items())[1:])}
    lines = {key: _sample(line) for key, (_, line) in samples.items()}
    drawn = {key: figure for key, figure in {**timelines, **pictures, **lines}.items() if figure}
    return drawn, [(key, name) for key, (name, _) in samples.items()]


def _sample(points: list[tuple[float, float | None]]) -> Json:
    trace = {
        "type": "scatter",
        "x": [at for at, _ in points],
        "y": [value for _, value in points],
        "line": {"color": SIGNAL},
    }
    margin = {"l": 58, "r": 14, "t": 10, "b": 36}
    style = layout(height=150, margin=margin, xaxis=axis(ticksuffix=" s"), yaxis=axis(rangemode="tozero", nticks=4))
    return {"data": [{**trace, "mode": "lines"}], "layout": style}


def _evidence(recording: Json, shipped: Json | None) -> list[Pair]:
    """The evidence, each with that of the same title and kind as shipped."""
    others = {(item.get("title"), item.get("kind")): item for item in (shipped or {}).get("evidence") or []}
    items = recording.get("evidence") or []
    return [
        _pair(item, others.get((item.get("title"), item.get("kind"))), f"evidence{index}")
        for index, item in enumerate(items)
    ]


def _pair(item: Json, other: Json | None, key: str) -> Pair:
    top = max(peak(each) for each in (item, other) if each)
    return Pair(picture(item, key, top), picture(other, f"{key}-shipped", top) if other else None)


def _legend(now: Course, before: Course | None) -> Json:
    courses = [course for course in (now, before) if course]
    kinds = timeline.kinds_of(courses)
    total = sum(course.errors.total() for course in courses)
    named = sum(course.errors[kind] for course in courses for kind in kinds)
    names = [*kinds, *([timeline.OTHERS] if total > named else [])]
    return {"latency": LATENCY, "kinds": list(zip(names, range(len(KINDS)), strict=False))}


def _words(recording: Json, verdict: Json, shipped: Json | None) -> dict[str, Any]:
    word = str(verdict.get("verdict") or "UNKNOWN")
    slug = str(recording.get("lab") or verdict.get("lab") or "")
    before = summary.phase_figures(shipped)
    phases = [(name, row, before.get(name)) for name, row in summary.phase_figures(recording).items()]
    return {
        "lab": summary.title(recording, slug), "slug": slug, "word": word, "sign": summary.SIGNS.get(word, "?"),
        "headline": summary.headline(recording, verdict), "reasons": summary.reasons(recording, verdict),
        "masthead": summary.masthead(recording, verdict), "checks": summary.checks(verdict), "phases": phases,
        "by_name": summary.names_of(recording), "compared": shipped is not None, "facts": summary.facts(recording),
        "shipped_run": summary.moment((shipped or {}).get("started_at")) or "", "memory": summary.memory(recording),
        "peak": (recording.get("memory") or {}).get("peak_mib"), "provenance": summary.provenance(recording, verdict),
    }  # fmt: skip
