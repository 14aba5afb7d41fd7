"""What do all pictures of the report share: colours, texts, axes, the way into the page?"""

from __future__ import annotations

import html
import json
from typing import Any

from harness.text import MOST_FACT, printable

Json = dict[str, Any]

# Colours are names of the page's style sheet: the page puts in the value of the theme, also when it is printed.
INK, MUTED, LINE, BAND, CARD = "var(--ink)", "var(--muted)", "var(--line)", "var(--band)", "var(--card)"
GOOD, BAD, PLAIN, SIGNAL = "var(--good)", "var(--bad)", "var(--plain)", "var(--signal)"
LATENCY = (("p50", "var(--p50)", "dot"), ("p95", "var(--p95)", "solid"), ("p99", "var(--p99)", "dash"))
KINDS = tuple((f"var(--kind{index})", pattern) for index, pattern in enumerate(("", "/", ".", "x", "-", "+")))
SERIES = tuple(
    (f"var(--series{index})", dash) for index, dash in enumerate(("solid", "dash", "dot", "dashdot", "longdash"))
)
FONT = {"family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif", "size": 13, "color": INK}
LETTER_PX = 7.0
LEFT, RIGHT = 58, 14
FEW = 6


def text(value: object, longest: int = 60) -> str:
    """The value as the plotting library's text: shortened, and nothing in it is markup."""
    plain = printable(" ".join(str(value).split()), MOST_FACT)
    short = plain if len(plain) <= longest else plain[: longest - 1] + "…"
    return html.escape(short, quote=False)


def axis(**more: Any) -> Json:
    """An axis in the report's style."""
    style = {"gridcolor": LINE, "linecolor": LINE, "zeroline": False, "fixedrange": True, "automargin": False}
    return {**style, "tickfont": {"size": 12, "color": MUTED}, **more}


def counted(top: float) -> Json:
    """A value axis from 0 to `top`: its ticks are whole numbers where these are few."""
    return {"range": [0, top], **({"dtick": 1} if 1 <= top < FEW else {"nticks": 4})}


def layout(**more: Any) -> Json:
    """A figure's layout in the report's style."""
    style = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "showlegend": False, "dragmode": False}
    return {**style, "font": FONT, "hoverlabel": {"bgcolor": CARD, "bordercolor": LINE, "font": FONT}, **more}


def label(words: str, **more: Any) -> Json:
    """An annotation without an arrow."""
    return {"text": words, "showarrow": False, "font": {"size": 13, "color": INK}, **more}


def limit_line(limit: float, across: str = "paper") -> Json:
    """The horizontal line that a value should not cross."""
    line = {"color": BAD, "width": 2, "dash": "dash"}
    return {"type": "line", "xref": across, "x0": 0, "x1": 1, "y0": limit, "y1": limit, "line": line}


def limit_label(limit: float) -> Json:
    """The name of that line, at its right end."""
    style = {"size": 13, "color": BAD}
    where = {"xref": "paper", "x": 1, "xanchor": "right", "y": limit, "yanchor": "bottom"}
    return label(f"limit {limit:g}", font=style, bgcolor=CARD, **where)


def embedded(value: object) -> str:
    """JSON that can stand inside a script element, whatever a student wrote into the facts."""
    plain = json.dumps(value, separators=(",", ":"))
    return plain.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def ticks(end: float, most: int = 8) -> list[float]:
    """Round numbers of seconds from 0 to `end`, at most so many."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
    step = next((step for step in steps if end / step < most), steps[-1])
    return [float(at) for at in range(0, int(end) + 1, step)]
