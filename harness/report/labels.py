"""Where do the names of phases and marks stand, so that none covers another?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.judge.recording import Phase
from harness.report.course import DEATH, Clock, Course, Moment
from harness.report.drawing import BAD, BAND, CARD, GOOD, INK, LETTER_PX, MUTED, Json, label, text

ROW_PX = 20
PAD_PX = 8
KINDS = {
    "fault": ("▼", BAD, "solid"),
    "healed": ("▲", GOOD, "dash"),
    DEATH: ("✚", INK, "dashdot"),
    "note": ("●", MUTED, "dot"),
}


@dataclass(frozen=True)
class Spot:
    """A text and the stretch of pixels that it takes, in a row above the plot."""

    words: str
    left: float
    right: float
    at: float
    """The moment it belongs to, in seconds of the axis."""
    row: int = 0


def look(kind: str) -> tuple[str, str, str]:
    """Sign, colour and dash of a kind of mark."""
    return KINDS.get(kind, KINDS["note"])


def rowed(spots: Iterable[Spot]) -> list[Spot]:
    """Each spot in the lowest row where it covers none before it."""
    placed: list[Spot] = []
    for spot in spots:
        taken = {other.row for other in placed if spot.left < other.right + PAD_PX and other.left < spot.right + PAD_PX}
        row = next(row for row in range(len(placed) + 1) if row not in taken)
        placed.append(Spot(spot.words, spot.left, spot.right, spot.at, row))
    return placed


def phase_spots(phases: Iterable[Phase], clock: Clock, span: float, width_px: float) -> list[Spot]:
    """The phases' names, centred on their bands."""
    scale = width_px / span
    spots = []
    for phase in phases:
        middle = (clock(phase.start) + clock(phase.end)) / 2
        words, half = text(phase.name, 24), min(len(phase.name), 24) * LETTER_PX / 2
        centre = min(max(middle * scale, half), width_px - half)
        spots.append(Spot(words, centre - half, centre + half, centre / scale))
    return rowed(spots)


def mark_spots(marks: Iterable[Moment], clock: Clock, span: float, width_px: float, *, named: bool) -> list[Spot]:
    """The marks' labels beside their lines; only their numbers where there is no room for names.

    From right to left, so that a line that rises to a higher row passes no label on its way.
    """
    latest_first = sorted(marks, key=lambda mark: -clock(mark.at))
    return rowed(_mark_spot(mark, clock(mark.at), width_px / span, width_px, named=named) for mark in latest_first)


def _mark_spot(mark: Moment, at: float, scale: float, width_px: float, *, named: bool) -> Spot:
    """The label on the right of its line if it fits there, else on the side with more room, cut to it."""
    line, sign = at * scale, f"{look(mark.kind)[0]} {mark.number}"
    room = max(int(max(line, width_px - line) / LETTER_PX) - len(sign) - 1, 4)
    short = " ".join(mark.name.split())[:40]
    long = (len(sign) + (1 + min(len(short), room) if named else 0)) * LETTER_PX
    left = line if line + long <= width_px or line < width_px / 2 else line - long
    return Spot(f"{sign} {text(mark.name, min(room, 40))}" if named else sign, left, left + long, at)


def rows(spots: Iterable[Spot]) -> int:
    """How many rows these spots take."""
    return max((spot.row + 1 for spot in spots), default=0)


def phase_names(spots: Iterable[Spot]) -> list[Json]:
    """The names as annotations right above the plot."""
    return [
        label(
            spot.words,
            x=spot.at,
            yref="paper",
            y=1,
            yanchor="bottom",
            yshift=spot.row * ROW_PX,
            xanchor="center",
            bgcolor=CARD,
        )
        for spot in spots
    ]


def mark_names(spots: list[Spot], marks: Iterable[Moment], width_px: float, span: float, above_px: float) -> list[Json]:
    """The marks' labels as annotations, `above_px` over the plot."""
    kinds = {mark.number: mark.kind for mark in marks}
    return [_mark_name(spot, kinds[int(spot.words.split()[1])], width_px / span, above_px) for spot in spots]


def _mark_name(spot: Spot, kind: str, scale: float, above_px: float) -> Json:
    side = "left" if spot.left >= spot.at * scale - 1 else "right"
    style = {"size": 13, "color": look(kind)[1], "weight": 600}
    place = {"x": spot.at, "xanchor": side, "xshift": 2 if side == "left" else -2, "yref": "paper", "y": 1}
    return label(spot.words, font=style, bgcolor=CARD, yanchor="bottom", yshift=above_px + spot.row * ROW_PX, **place)


def bands(course: Course, clock: Clock) -> list[Json]:
    """The phases as bands, every second one shaded."""
    return [
        {
            "type": "rect",
            "layer": "below",
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "x0": clock(phase.start),
            "x1": clock(phase.end),
            "fillcolor": BAND if index % 2 else "rgba(0,0,0,0)",
            "line": {"width": 0},
        }
        for index, phase in enumerate(course.phases)
    ]


def lines(spots: list[Spot], marks: Iterable[Moment], clock: Clock, above_px: float, plot_px: float) -> list[Json]:
    """The marks as vertical lines, each up to its label."""
    tops = {int(spot.words.split()[1]): above_px + (spot.row + 0.9) * ROW_PX for spot in spots}
    return [_line(mark, clock(mark.at), 1 + tops[mark.number] / plot_px) for mark in marks]


def _line(mark: Moment, at: float, top: float) -> Json:
    _, colour, dash = look(mark.kind)
    style = {"color": colour, "width": 2, "dash": dash}
    return {"type": "line", "yref": "paper", "y0": 0, "y1": top, "x0": at, "x1": at, "line": style}
