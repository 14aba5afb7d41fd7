"""How is a picture of a lab drawn: bars, series, spans or a table?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.judge.recording import Picture
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
    counted,
    label,
    layout,
    limit_label,
    limit_line,
    text,
)

Data = Mapping[str, Any]
HEIGHT_PX, SPAN_PX = 270, 24
MOST_ROWS = 60
LONGEST_ROW = 22
MOST_TICKS = 16
LONGEST_FLAT = 4
TABLE = "table"


@dataclass(frozen=True)
class Shown:
    """A picture, ready for the page: a figure or a table."""

    title: str
    note: str
    caption: str = ""
    """What the picture shows in one sentence, for readers who do not see it."""
    key: str = ""
    """The name of its figure, if it has one."""
    figure: Json | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def shown(picture: Picture, key: str, top: float | None = None) -> Shown:
    """The picture as the page has it; `top` is the end of its value axis, to compare two runs.

    Raises: whatever comes of data that do not fit the kind (KeyError, TypeError, ValueError …).
    """
    data, note = picture.data, str(picture.data.get("note") or "")
    if picture.kind == TABLE:
        return Shown(picture.title, note, columns=_cells(data["columns"]), rows=_rows(data))
    if picture.kind not in DRAWN:
        raise ValueError(f"kind is {picture.kind!r}, and can be {', '.join((*DRAWN, TABLE))}")
    figure = DRAWN[picture.kind](data, peak(picture) if top is None else top)
    return Shown(picture.title, note, _caption(data, _values(picture)), key, figure)


def peak(picture: Picture) -> float:
    """The largest value of bars or series, its limit included, or the length of all spans, with room beyond."""
    if picture.kind == "spans":
        return _extent(_timed(picture.data)) * 1.05 or 1.0
    values = [value for value in (*_values(picture), number(picture.data.get("limit"))) if value is not None]
    return max([*values, 0.0]) * 1.15 or 1.0


def _values(picture: Picture) -> list[float | None]:
    if picture.kind == "bars":
        return [number(value) for value in picture.data["y"]]
    lines = picture.data["lines"].values() if picture.kind == "series" else ()
    return [value for line in lines for _, value in points(line)]


def _caption(data: Data, values: Sequence[float | None]) -> str:
    limit = number(data.get("limit"))
    if limit is None or not values:
        return ""
    over = sum(1 for value in values if value is not None and value > limit)
    if not over:
        return f"No value is above the limit of {limit:g}."
    return f"{over} of {len(values)} values {'is' if over == 1 else 'are'} above the limit of {limit:g}."


def _cells(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(_cell(value) for value in values)


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and number(value) is None):
        return "–"
    return f"{value:.4g}" if isinstance(value, float) and abs(value) < 1e4 else str(value)  # noqa: PLR2004


def _rows(data: Data) -> tuple[tuple[str, ...], ...]:
    """The rows as texts; a row may be a list or an object by column."""
    names = data["columns"]
    return tuple(_cells([row.get(name) for name in names] if isinstance(row, Mapping) else row) for row in data["rows"])


def _titles(data: Data, limit: float | None, left: int = LEFT, height: float = HEIGHT_PX, **more: Any) -> Json:
    margin = {"l": left, "r": RIGHT, "t": 30, "b": 54 if data.get("x_title") else 36}
    across = axis(title={"text": text(data.get("x_title") or ""), "font": FONT, "standoff": 8}, **more.pop("xaxis"))
    limits = [] if limit is None else [limit]
    drawn = {
        "shapes": [limit_line(each) for each in limits],
        "annotations": [limit_label(each) for each in limits] + _name(data.get("y_title"), left),
    }
    return layout(margin=margin, height=height, xaxis=across, **drawn, **more)


def _name(title: object, left: int) -> list[Json]:
    """The value axis's name, above its top."""
    above = {"xref": "paper", "x": 0, "xanchor": "left", "yref": "paper", "y": 1, "yanchor": "bottom"}
    return [label(text(title), xshift=-left + 4, yshift=8, **above)] if title else []


def _bars(data: Data, top: float) -> Json:
    names, values = [str(name) for name in data["x"]], [number(value) for value in data["y"]]
    limit = number(data.get("limit"))
    over = [limit is not None and value is not None and value > limit for value in values]
    style = {"type": "bar", "width": 0.75, "hovertemplate": "%{customdata}: %{y}<extra></extra>"}
    told: dict[str, list[Any]] = {
        "x": list(range(len(values))),
        "y": values,
        "customdata": [text(name) for name, _ in zip(names, values, strict=True)],
    }
    titles = _titles(data, limit, xaxis=_names(names), yaxis=axis(**counted(top)))
    return {"data": _split(style, told, over), "layout": titles}


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
            key: [each for each, is_bad in zip(values, bad, strict=True) if is_bad is kind]
            for key, values in told.items()
        }
        pattern = {"shape": shape, "fillmode": "overlay", "fgcolor": CARD, "size": 8, "solidity": 0.2}
        marker = {"color": colour, "line": {"width": 0}, "pattern": pattern}
        traces.append({**style, **rows, "marker": marker})
    return traces


def _series(data: Data, top: float) -> Json:
    lines = [(str(name), points(line)) for name, line in data["lines"].items()]
    traces = [_one_line(name, line, SERIES[index % len(SERIES)]) for index, (name, line) in enumerate(lines)]
    limit, pairs = number(data.get("limit")), [pair for _, line in lines for pair in line]
    over = [(at, value) for at, value in pairs if limit is not None and value is not None and value > limit]
    legend = {"orientation": "h", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom", "font": FONT}
    style = _titles(data, limit, xaxis={"ticksuffix": " s"}, yaxis=axis(**counted(top)))
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


def _spans(data: Data, top: float) -> Json:
    spans = _timed(data)
    names = list(dict.fromkeys(str(span["row"]) for span in spans))[:MOST_ROWS]
    across = {"ticksuffix": " s", "range": _around(spans, top)}
    left = int(20 + 7 * max((min(len(name), LONGEST_ROW) for name in names), default=4))
    height = 90 + SPAN_PX * max(len(names), 3)
    titles = _titles(data, None, left, height, xaxis=across, yaxis=_rows_down(names), barmode="overlay")
    return {"data": _gantt(spans, names), "layout": titles}


def _timed(data: Data) -> list[Data]:
    """The spans whose beginning is known."""
    return [span for span in data["rows"] if number(span["start"]) is not None]


def _ends(span: Data) -> tuple[float, float]:
    start = number(span["start"]) or 0.0
    end = number(span.get("end"))
    return start, max(start, start if end is None else end)


def _extent(spans: Sequence[Data]) -> float:
    ends = [_ends(span) for span in spans]
    return max(end for _, end in ends) - min(start for start, _ in ends) if ends else 0.0


def _around(spans: Sequence[Data], extent: float) -> list[float]:
    """From just before the first span on, as many seconds as both runs need."""
    first = min((_ends(span)[0] for span in spans), default=0.0)
    return [first - extent * 0.02, first + extent]


def _rows_down(names: Sequence[str]) -> Json:
    shown = [text(name, LONGEST_ROW) for name in names]
    ticks = {"tickvals": list(range(len(names))), "ticktext": shown, "range": [len(names) - 0.5, -0.5]}
    return axis(**ticks, showgrid=False)


def _gantt(spans: Sequence[Data], names: Sequence[str]) -> list[Json]:
    place = {name: index for index, name in enumerate(names)}
    kept = [(place[row], *_ends(span), span) for span in spans if (row := str(span["row"])) in place]
    told: dict[str, list[Any]] = {
        "y": [row for row, *_ in kept],
        "base": [start for _, start, _, _ in kept],
        "x": [end - start for _, start, end, _ in kept],
        "customdata": [[text(span.get("label") or ""), round(end, 3)] for _, _, end, span in kept],
    }
    style = {"type": "bar", "orientation": "h", "width": 0.72}
    style["hovertemplate"] = "%{customdata[0]} %{base:.2f} to %{customdata[1]:.2f} s<extra></extra>"
    return _split(style, told, [bool(span.get("bad")) for *_, span in kept])


DRAWN: dict[str, Callable[[Data, float], Json]] = {"bars": _bars, "series": _series, "spans": _spans}
