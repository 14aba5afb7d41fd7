"""What does a piece of evidence look like: bars, series, spans or a table?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.report.course import Points, number, points
from harness.report.drawing import (
    BAD,
    CARD,
    FONT,
    LEFT,
    PLAIN,
    RIGHT,
    SERIES,
    Json,
    axis,
    label,
    layout,
    limit_label,
    limit_line,
    text,
)

HEIGHT_PX, SPAN_PX = 270, 24
MOST_ROWS = 60
LONGEST_ROW = 22
MOST_TICKS = 16
LONGEST_FLAT = 4


@dataclass(frozen=True)
class Picture:
    """A piece of evidence, ready for the page: a figure, a table or plain text."""

    title: str
    note: str
    caption: str
    """What the picture shows in one sentence, for readers who do not see it."""
    key: str = ""
    """The name of its figure, if it has one."""
    figure: Json | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    plain: str = ""


def picture(item: Json, key: str, top: float | None = None) -> Picture:
    """The evidence as recorded by `run.evidence`; `top` is the end of the value axis, to compare two runs."""
    title, note = str(item.get("title", "Evidence")), str(item.get("note") or "")
    if item.get("kind") == "table":
        return Picture(title, note, "", columns=_cells(item.get("columns")), rows=_rows(item))
    draw = DRAWN.get(str(item.get("kind")))
    if draw is None:
        return Picture(title, note, "", plain=json.dumps(item, indent=1, ensure_ascii=False))
    figure = draw(item, top if top is not None else peak(item))
    return Picture(title, note, _caption(item), key=key, figure=figure)


def peak(item: Json) -> float:
    """The largest value of bars or series, its limit included, or the length of all spans, with room beyond."""
    if item.get("kind") == "spans":
        return _extent(_timed(item)) * 1.05 or 1.0
    values = [value for value in (*_values(item), number(item.get("limit"))) if value is not None]
    return max([*values, 0.0]) * 1.15 or 1.0


def _values(item: Json) -> list[float | None]:
    if item.get("kind") == "series":
        return [value for line in (item.get("lines") or {}).values() for _, value in points(line)]
    return [number(value) for value in item.get("y") or []]


def _caption(item: Json) -> str:
    limit, values = number(item.get("limit")), _values(item)
    if limit is None or not values:
        return ""
    over = sum(1 for value in values if value is not None and value > limit)
    return (
        f"{over} of {len(values)} values above the limit of {limit:g}."
        if over
        else f"No value above the limit of {limit:g}."
    )


def _cells(values: object) -> tuple[str, ...]:
    return tuple(_cell(value) for value in values) if isinstance(values, list | tuple) else (_cell(values),)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) and abs(value) < 1e4 else str(value)  # noqa: PLR2004


def _rows(item: Json) -> tuple[tuple[str, ...], ...]:
    """The rows as texts; a row may be a list or an object by column."""
    names = item.get("columns") or []
    lists = [[row.get(name) for name in names] if isinstance(row, dict) else row for row in item.get("rows") or []]
    return tuple(_cells(row) for row in lists)


def _titles(item: Json, left: int = LEFT, height: float = HEIGHT_PX, **more: Any) -> Json:
    margin = {"l": left, "r": RIGHT, "t": 30, "b": 54 if item.get("x_title") else 36}
    across = axis(title={"text": text(item.get("x_title") or ""), "font": FONT, "standoff": 8}, **more.pop("xaxis"))
    limit = number(item.get("limit")) if item.get("kind") != "spans" else None
    drawn = (
        {"shapes": [limit_line(limit)], "annotations": [limit_label(limit)]}
        if limit is not None
        else {"annotations": []}
    )
    if title := item.get("y_title"):
        name = label(
            text(title),
            xref="paper",
            x=0,
            xanchor="left",
            xshift=-left + 4,
            yref="paper",
            y=1,
            yanchor="bottom",
            yshift=8,
        )
        drawn["annotations"].append(name)
    return layout(margin=margin, height=height, xaxis=across, **drawn, **more)


def _bars(item: Json, top: float) -> Json:
    names, values = [str(name) for name in item.get("x") or []], _values(item)
    limit = number(item.get("limit"))
    over = [limit is not None and value is not None and value > limit for value in values]
    style = {"type": "bar", "width": 0.75, "hovertemplate": "%{customdata}: %{y}<extra></extra>"}
    told: dict[str, list[Any]] = {
        "x": list(range(len(values))),
        "y": values,
        "customdata": [text(name) for name in names],
    }
    return {"data": _split(style, told, over), "layout": _titles(item, xaxis=_names(names), yaxis=axis(range=[0, top]))}


def _names(names: Sequence[str]) -> Json:
    """An axis that names bars, not more of them than there is room for."""
    shown = list(range(0, len(names), -(-len(names) // MOST_TICKS) or 1))
    angle = -40 if max(map(len, names), default=0) > LONGEST_FLAT else 0
    ticks = {"tickvals": shown, "ticktext": [text(names[index], 14) for index in shown], "tickangle": angle}
    return {**ticks, "showgrid": False, "automargin": True}


def _split(style: Json, told: dict[str, list[Any]], bad: Sequence[bool]) -> list[Json]:
    """The bars as one trace of good and one of bad ones, which differ by colour and by pattern."""
    traces = []
    for kind, colour, shape in ((False, PLAIN, ""), (True, BAD, "/")):
        rows = {
            key: [each for each, is_bad in zip(values, bad, strict=False) if is_bad is kind]
            for key, values in told.items()
        }
        pattern = {"shape": shape, "fillmode": "overlay", "fgcolor": CARD, "size": 8, "solidity": 0.2}
        marker = {"color": colour, "line": {"width": 0}, "pattern": pattern}
        traces.append({**style, **rows, "marker": marker})
    return traces


def _series(item: Json, top: float) -> Json:
    lines = [(name, points(line)) for name, line in (item.get("lines") or {}).items()]
    traces = [_one_line(name, line, SERIES[index % len(SERIES)]) for index, (name, line) in enumerate(lines)]
    limit, pairs = number(item.get("limit")), [pair for _, line in lines for pair in line]
    over = [(at, value) for at, value in pairs if limit is not None and value is not None and value > limit]
    legend = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom", "font": FONT}
    style = _titles(item, xaxis={"ticksuffix": " s"}, yaxis=axis(range=[0, top]))
    more = {"showlegend": len(lines) > 1, "legend": legend, "hovermode": "x unified"}
    return {"data": [*traces, *([_dots(over)] if over else [])], "layout": {**style, **more}}


def _one_line(name: str, line: Points, look: tuple[str, str]) -> Json:
    style = {"color": look[0], "width": 2.5, "dash": look[1]}
    times, values = [at for at, _ in line], [value for _, value in line]
    return {"type": "scatter", "mode": "lines", "name": text(name, 32), "x": times, "y": values, "line": style}


def _dots(over: Sequence[tuple[float, float]]) -> Json:
    marker = {"color": BAD, "size": 8, "symbol": "x"}
    times, values = [at for at, _ in over], [value for _, value in over]
    style = {"type": "scatter", "mode": "markers", "marker": marker, "showlegend": False, "hoverinfo": "skip"}
    return {**style, "x": times, "y": values}


def _spans(item: Json, top: float) -> Json:
    spans = _timed(item)
    names = list(dict.fromkeys(str(span.get("row", "")) for span in spans))[:MOST_ROWS]
    across = {"ticksuffix": " s", "range": _around(spans, top)}
    left = int(20 + 7 * max((min(len(name), LONGEST_ROW) for name in names), default=4))
    height = 90 + SPAN_PX * max(len(names), 3)
    titles = _titles(item, left, height, xaxis=across, yaxis=_rows_down(names), barmode="overlay")
    return {"data": _gantt(spans, names), "layout": titles}


def _timed(item: Json) -> list[Json]:
    """The spans whose beginning is known."""
    return [span for span in item.get("rows") or [] if number(span.get("start")) is not None]


def _ends(span: Json) -> tuple[float, float]:
    start = number(span.get("start")) or 0.0
    end = number(span.get("end"))
    return start, max(start, start if end is None else end)


def _extent(spans: Sequence[Json]) -> float:
    ends = [_ends(span) for span in spans]
    return max(end for _, end in ends) - min(start for start, _ in ends) if ends else 0.0


def _around(spans: Sequence[Json], extent: float) -> list[float]:
    """From just before the first span on, as many seconds as both runs need."""
    first = min((_ends(span)[0] for span in spans), default=0.0)
    return [first - extent * 0.02, first + extent]


def _rows_down(names: Sequence[str]) -> Json:
    shown = [text(name, LONGEST_ROW) for name in names]
    ticks = {"tickvals": list(range(len(names))), "ticktext": shown, "range": [len(names) - 0.5, -0.5]}
    return axis(**ticks, showgrid=False)


def _gantt(spans: Sequence[Json], names: Sequence[str]) -> list[Json]:
    place = {name: index for index, name in enumerate(names)}
    kept = [(place[row], *_ends(span), span) for span in spans if (row := str(span.get("row", ""))) in place]
    told: dict[str, list[Any]] = {
        "y": [row for row, *_ in kept],
        "base": [start for _, start, _, _ in kept],
        "x": [end - start for _, start, end, _ in kept],
        "customdata": [[text(span.get("label") or ""), round(end, 3)] for _, _, end, span in kept],
    }
    style = {"type": "bar", "orientation": "h", "width": 0.72}
    style["hovertemplate"] = "%{customdata[0]} %{base:.2f} to %{customdata[1]:.2f} s<extra></extra>"
    return _split(style, told, [bool(span.get("bad")) for *_, span in kept])


DRAWN: dict[str, Callable[[Json, float], Json]] = {"bars": _bars, "series": _series, "spans": _spans}
