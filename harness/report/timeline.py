"""What did customers and the lab's own signal show over time, now and as shipped?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.judge.recording import Second
from harness.report import labels
from harness.report.course import Clock, Course, Points, onto
from harness.report.drawing import (
    CARD,
    KINDS,
    LATENCY,
    LEFT,
    MUTED,
    PLAIN,
    RIGHT,
    SIGNAL,
    Json,
    axis,
    counted,
    label,
    layout,
    text,
    ticks,
)
from harness.report.scale import Scale, common, latency_ms

PANEL_PX, GAP_PX, FOOT_PX = 104, 34, 40
WIDTHS_PX = (250, 470, 940)
NAMED_FROM_PX = 470
OTHERS = "other errors"


@dataclass
class Plot:
    """A figure in the making: panels from top to bottom over one time axis."""

    course: Course
    clock: Clock
    scale: Scale
    data: list[Json] = field(default_factory=list)
    axes: list[Json] = field(default_factory=list)
    notes: list[Json] = field(default_factory=list)

    def panel(self, title: str, traces: Iterable[Json], nothing: str = "", **more: object) -> None:
        """Adds a panel; `nothing` is written into it if it would be empty."""
        suffix = str(len(self.axes) + 1) if self.axes else ""
        self.data += [{**trace, "yaxis": f"y{suffix}"} for trace in traces]
        self.axes.append(axis(**more))
        where = {"xref": "paper", "yref": f"y{suffix} domain"}
        self.notes.append(label(f"<b>{title}</b>", x=0, xanchor="left", y=1, yanchor="bottom", bgcolor=CARD, **where))
        if nothing:
            self.notes.append(label(nothing, x=0.5, y=0.5, font={"size": 14, "color": MUTED}, **where))


def figures(now: Course, shipped: Course | None) -> tuple[Json | None, Json | None]:
    """The timelines of this run and of the run as shipped, on one scale; None where nothing was recorded."""
    if not _anything(now):
        return None, _alone(shipped) if shipped else None
    if shipped is None or not _anything(shipped):
        return _alone(now), None
    clock = onto(shipped, now)
    scale = common([now, shipped], max(now.end, clock(shipped.end)))
    return _levelled(_figure(now, lambda at: at, scale), _figure(shipped, clock, scale))


def _levelled(one: Json, two: Json) -> tuple[Json, Json]:
    """Both figures with the same room above, so that their panels stand side by side."""
    for pair in zip(one["widths"], two["widths"], strict=True):
        top = max(each["layout"]["margin"]["t"] for each in pair)
        for each in pair:
            each["layout"]["height"] += top - each["layout"]["margin"]["t"]
            each["layout"]["margin"]["t"] = top
    return one, two


def _anything(course: Course) -> bool:
    return bool(course.seconds or course.phases or course.samples)


def _alone(course: Course) -> Json | None:
    if not _anything(course):
        return None
    return _figure(course, lambda at: at, common([course], course.end))


def _middle(second: Second) -> float:
    """Where a picture draws it."""
    return second.at + 0.5


def _figure(course: Course, clock: Clock, scale: Scale) -> Json:
    plot = Plot(course, clock, scale)
    _rate(plot)
    _latency(plot)
    _errors(plot)
    if scale.signal_name is not None:
        points = course.samples.get(scale.signal_name, [])
        nothing = "" if points else "no values"
        plot.panel(text(scale.signal_name, 40), [_line(points, clock, SIGNAL)], nothing, **counted(scale.signal))
    return _assembled(plot)


def _rate(plot: Plot) -> None:
    points: Points = [
        (_middle(second), round(second.requests / plot.course.share(second), 1)) for second in plot.course.seconds
    ]
    traces = [
        {**_line(points, plot.clock, PLAIN), "fill": "tozeroy", "fillcolor": "var(--plain-soft)", "name": "requests/s"}
    ]
    plot.panel("Requests per second", traces, "" if points else "no traffic", **counted(plot.scale.rate))


def _latency(plot: Plot) -> None:
    seconds = plot.course.seconds
    measured = any(value for second in seconds for value in latency_ms(second))
    traces = [
        {
            **_line([(_middle(second), latency_ms(second)[index]) for second in seconds], plot.clock, colour),
            "name": name,
        }
        | {"line": {"color": colour, "width": 2.5, "dash": dash}, "mode": "lines"}
        for index, (name, colour, dash) in enumerate(LATENCY)
    ]
    highest = math.log10(max(plot.scale.latency_ms, 100))
    decades = {"tickvals": [1, 10, 100, 1000, 10000], "ticktext": ["1 ms", "10 ms", "0.1 s", "1 s", "10 s"]}
    plot.panel(
        "Latency (log scale)", traces, "" if measured else "no answers", type="log", range=[0, highest], **decades
    )


def _errors(plot: Plot) -> None:
    seconds = [second.by_error for second in plot.course.seconds]
    named = {kind: [by_error.get(kind, 0) for by_error in seconds] for kind in plot.scale.kinds}
    rest = [sum(count for kind, count in by_error.items() if kind not in named) for by_error in seconds]
    rows = {**named, **({OTHERS: rest} if any(rest) else {})}
    traces = [_bars(plot, kind, counts, KINDS[index]) for index, (kind, counts) in enumerate(rows.items())]
    nothing = "" if plot.course.errors else "no errors" if plot.course.seconds else "no traffic"
    plot.panel("Errors per second, by kind", traces, nothing, **counted(plot.scale.errors))


def _bars(plot: Plot, kind: str, counts: Sequence[float], look: tuple[str, str]) -> Json:
    colour, shape = look
    edges = [(plot.clock(second.at), plot.clock(second.at + 1.0)) for second in plot.course.seconds]
    marker = {
        "color": colour,
        "line": {"width": 0},
        "pattern": {"fillmode": "overlay", "shape": shape, "fgcolor": "var(--card)", "size": 6},
    }
    middles, widths = [(low + high) / 2 for low, high in edges], [(high - low) * 0.9 for low, high in edges]
    return {"type": "bar", "name": text(kind, 40), "x": middles, "y": list(counts), "width": widths, "marker": marker}


def _line(points: Points, clock: Clock, colour: str) -> Json:
    style = {"color": colour, "width": 2}
    mode = "lines+markers" if len(points) < 2 else "lines"  # noqa: PLR2004 - a line needs two ends
    times, values = [round(clock(at), 3) for at, _ in points], [value for _, value in points]
    return {"type": "scatter", "mode": mode, "x": times, "y": values, "line": style, "hovertemplate": "%{y:.4~g}"}


def _assembled(plot: Plot) -> Json:
    """The figure: what all widths share, and what differs from each of these widths on."""
    count = len(plot.axes)
    height = count * PANEL_PX + (count - 1) * GAP_PX
    axes = {
        f"yaxis{index + 1 if index else ''}": {**each, "domain": _domain(index, height)}
        for index, each in enumerate(plot.axes)
    }
    shared = layout(**axes, xaxis=_time_axis(plot, count), barmode="stack", hovermode="x unified")
    widths = [{"from": width + LEFT + RIGHT, "layout": _at_width(plot, width, height)} for width in WIDTHS_PX]
    return {"data": plot.data, "layout": shared, "widths": widths}


def _domain(index: int, height: float) -> list[float]:
    top = 1 - index * (PANEL_PX + GAP_PX) / height
    return [max(0.0, top - PANEL_PX / height), top]


def _time_axis(plot: Plot, count: int) -> Json:
    """Ticks tell the run's own seconds, also where its phases were moved onto those of another run."""
    times = ticks(plot.course.end)
    named = {"tickvals": [plot.clock(at) for at in times], "ticktext": [f"{at:g} s" for at in times]}
    return axis(
        range=[0, plot.scale.end], anchor=f"y{count if count > 1 else ''}", hoverformat=".1f", ticksuffix=" s", **named
    )


def _at_width(plot: Plot, width_px: float, height: float) -> Json:
    """Labels that cover none of each other on a plot of this width."""
    course, clock, span = plot.course, plot.clock, plot.scale.end
    phases = labels.phase_spots(course.phases, clock, span, width_px)
    marks = labels.mark_spots(course.marks, clock, span, width_px, named=width_px >= NAMED_FROM_PX)
    # The first panel's own title stands right above it, the phases' names above that, the marks' labels on top.
    base = GAP_PX - 10
    above = base + labels.rows(phases) * labels.ROW_PX
    names = [{**note, "yshift": note["yshift"] + base} for note in labels.phase_names(phases)]
    names += labels.mark_names(marks, course.marks, width_px, span, above)
    head = above + labels.rows(marks) * labels.ROW_PX + 4
    shapes = labels.bands(course, clock) + labels.lines(marks, course.marks, clock, above, height)
    margin = {"l": LEFT, "r": RIGHT, "t": head, "b": FOOT_PX}
    return {"annotations": plot.notes + names, "shapes": shapes, "margin": margin, "height": head + height + FOOT_PX}
