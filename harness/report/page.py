"""How does a recording become one page that opens without a network?"""

from __future__ import annotations

import re
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from harness import text
from harness.judge.recording import Recording
from harness.judge.verdict import Verdict
from harness.lab.variants import AS_SHIPPED
from harness.report import evidence, scale, script, summary, timeline
from harness.report.course import DEATH, Course, read
from harness.report.drawing import KINDS, LATENCY, SIGNAL, Json, axis, counted, embedded, layout
from harness.report.evidence import Draw, Pair
from harness.report.labels import look

RARE_MARKS = {"note": "note", DEATH: "ended by itself"}
CODE = re.compile(r"`([^`\n]+)`")
TEMPLATES = Path(__file__).parent / "templates"


def write(
    seen: Recording,
    judged: Verdict,
    to: Path,
    *,
    symptom: str = "",
    pictures: Draw = lambda _: (),
    shipped: Recording | None = None,
) -> None:
    """Writes the report of one run: one HTML file, and once for all reports of a machine the plotting script.

    Args:
        seen: the run.
        judged: what the checks made of it.
        to: the file to write.
        symptom: the name of the check that must fail as shipped.
        pictures: what the lab has to show of a run; called for this run and for the one as shipped.
        shipped: the last run of the same lab as shipped, to compare with (a run as shipped is compared with none).

    Raises:
        OSError: the file or the script cannot be written.
        OutageError: there is no script to be found.
    """
    page = rendered(seen, judged, script.address(to), symptom=symptom, pictures=pictures, shipped=shipped)
    to.write_text(page, encoding="utf-8")


def rendered(
    seen: Recording, judged: Verdict, address: str, *, symptom: str, pictures: Draw, shipped: Recording | None
) -> str:
    """The report as text; `address` is where it finds the plotting script."""
    other = None if seen.variant == AS_SHIPPED else shipped
    now, before = read(seen), read(other) if other else None
    shown = evidence.of(seen, other, pictures)
    figures, more = _figures(now, before, shown.pairs)
    keys = _legend(now, before)
    embeds = {"figures": Markup(embedded(figures)), "script": address}  # noqa: S704 - escaped for scripts
    drawn = {"drawn": set(figures), "more": more, "evidence": shown, "nonce": secrets.token_urlsafe(12)}
    return _template().render(**_words(seen, judged, symptom, other), **keys, **embeds, **drawn)


@cache
def _template() -> Template:
    loader = FileSystemLoader(TEMPLATES)
    made = Environment(
        loader=loader,
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["words"] = _words_of
    return made.get_template("report.html")


def _words_of(value: str) -> Markup:
    """A sentence in which `names` stand as code; anything else in it is text."""
    plain = str(escape(text.printable(value, text.MOST_FACT, lines=True)))
    return Markup(CODE.sub(r"<code>\1</code>", plain))  # noqa: S704 - escaped above


def _printable(value: Any) -> Any:
    """What the template is about to write; the texts of a recording may come from anywhere."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return text.printable(value, text.MOST_FACT, lines=True)
    return value


def _figures(now: Course, before: Course | None, pairs: list[Pair]) -> tuple[dict[str, Json], list[tuple[str, str]]]:
    """All figures by name, and name and title of the further samples."""
    timelines = dict(zip(("now", "shipped"), timeline.figures(now, before), strict=True))
    pictures = {each.key: each.figure for pair in pairs for each in (pair.now, pair.before) if each}
    further = {f"sample{index}": name for index, name in enumerate(list(now.samples)[1:])}
    lines = {key: _sample(now, name) for key, name in further.items()}
    drawn = {key: figure for key, figure in {**timelines, **pictures, **lines}.items() if figure}
    return drawn, list(further.items())


def _sample(course: Course, name: str) -> Json:
    times, values = zip(*course.samples[name], strict=True) if course.samples[name] else ((), ())
    trace = {"type": "scatter", "mode": "lines", "x": times, "y": values, "line": {"color": SIGNAL}}
    margin = {"l": 58, "r": 14, "t": 10, "b": 36}
    upright = axis(**counted(scale.top([course], name)))
    return {
        "data": [trace],
        "layout": layout(height=150, margin=margin, xaxis=axis(ticksuffix=" s", range=[0, course.end]), yaxis=upright),
    }


def _legend(now: Course, before: Course | None) -> Json:
    courses = [course for course in (now, before) if course]
    kinds = scale.kinds_of(courses)
    total = sum(course.errors.total() for course in courses)
    named = sum(course.errors[kind] for course in courses for kind in kinds)
    names = [*kinds, *([timeline.OTHERS] if total > named else [])]
    marks = [(mark, look(mark.kind)[0]) for mark in now.marks]
    present = {mark.kind for mark in now.marks}
    rare = [(kind, look(kind)[0], name) for kind, name in RARE_MARKS.items() if kind in present]
    return {
        "latency": LATENCY,
        "kinds": list(zip(names, range(len(KINDS)), strict=False)),
        "marks": marks,
        "other_marks": rare,
    }


def _words(seen: Recording, judged: Verdict, symptom: str, shipped: Recording | None) -> dict[str, Any]:
    before = summary.phases(shipped)
    return {
        "title": seen.title, "word": judged.outcome, "sign": summary.SIGNS[judged.outcome],
        "headline": summary.headline(seen, judged, symptom), "reasons": judged.reasons,
        "masthead": summary.masthead(seen), "promises": summary.promises(judged, symptom),
        "phases": [(name, row, before.get(name)) for name, row in summary.phases(seen).items()],
        "by_name": summary.by_name(seen), "compared": shipped is not None, "facts": summary.facts(seen),
        "shipped_run": summary.moment(shipped.started_at) if shipped else "", "memory": summary.memory(seen),
        "peak_mib": seen.memory.peak_mib, "about": summary.about(seen),
    }  # fmt: skip
