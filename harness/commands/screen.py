"""What does the student see? The one module that prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markdown import Markdown, TableElement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness import text as texts
from harness.judge.checks import FAILED, PASSED, CheckResult
from harness.judge.verdict import BROKEN, FIXED, UNKNOWN, Verdict
from harness.run.course import Signal

BARS = "▁▂▃▄▅▆▇█"
SPARK_WIDTH = 12
STYLES = {FIXED: "bold green", BROKEN: "bold red", UNKNOWN: "bold yellow"}
SIGNS = {PASSED: ("✓", "green"), FAILED: ("✗", "red")}
MARK_STYLES = {"fault": "bold magenta", "healed": "bold cyan", "note": "dim"}
PLAIN_WIDTH = 100
RIGHT_AWAY_MS = 1000
MOST_TEXT = 200_000


def _clean(text: str) -> str:
    """Nothing that a container or a submission says reaches the terminal as anything but text."""
    return str(texts.printable(text, MOST_TEXT, lines=True))


def console(*, error: bool = False) -> Console:
    """The terminal, or plain lines where there is none; NO_COLOR is obeyed."""
    stream = sys.stderr if error else sys.stdout
    return Console(
        file=stream, highlight=False, soft_wrap=not stream.isatty(), width=None if stream.isatty() else PLAIN_WIDTH
    )


def say(text: str = "", style: str = "") -> None:
    """One line for the user."""
    console().print(Text(_clean(text), style=style))


def note(head: str, text: str, style: str = "dim") -> None:
    """A line about the run, before it begins."""
    console().print(_line(head, _clean(text), style=style))


def say_error(text: str) -> None:
    """What went wrong, on standard error."""
    console(error=True).print(Text.assemble(("error  ", "bold red"), _clean(text)))


def say_json(content: Any) -> None:
    """For a machine."""
    sys.stdout.write(json.dumps(content, indent=2) + "\n")


def write(text: str) -> None:
    """Text without a style (logs, a diff)."""
    text = _clean(text)
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def markdown(text: str, by: int = 0) -> None:
    """Markdown as a terminal shows it, so many columns to the right; as it is written where there is no terminal."""
    out = console()
    if out.is_terminal:
        out.print(Padding(Page(_clean(text)), (0, 0, 1, by), expand=False))
    else:
        _set_in(out, f"{_clean(text).strip()}\n", by)


class _Cells(TableElement):
    """A table whose long words are folded: a name that is cut off helps nobody."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in super().__rich_console__(console, options):
            for column in part.columns if isinstance(part, Table) else ():
                column.overflow = "fold"
            yield part


class Page(Markdown):
    """Markdown with nothing cut off."""

    elements: ClassVar = Markdown.elements | {"table_open": _Cells}


class Silent:
    """Watches a run without a word."""

    def stack(self, services: list[str], seconds: float) -> None:
        """Nothing."""

    def phase(self, name: str, numbers: dict[str, Any], signal: Signal) -> None:
        """Nothing."""

    def mark(self, name: str, kind: str, at: float) -> None:
        """Nothing."""

    def live(self, name: str, numbers: dict[str, Any], seconds: float) -> None:
        """Nothing."""


class Screen:
    """Tells a run as it goes on: a live line in a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        """Nothing is shown yet."""
        self._console = console()
        self._live = Live(Text(""), console=self._console, transient=True, auto_refresh=False)

    def __enter__(self) -> Self:
        """Begin the live line."""
        if self._console.is_terminal:
            self._live.start()
            self._show(Text("  stack      coming up …", style="dim"))
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._live.stop()

    def _show(self, line: Text) -> None:
        if self._console.is_terminal:
            self._live.update(line, refresh=True)

    def stack(self, services: list[str], seconds: float) -> None:
        """The stack answers."""
        self._console.print(_line("stack", f"{' '.join(services)}   up in {seconds:.1f} s"))

    def phase(self, name: str, numbers: dict[str, Any], signal: Signal) -> None:
        """A phase is over."""
        line = _line(name, figures_text(numbers, numbers["seconds"]), error=numbers["errors"] > 0)
        self._console.print(line.append("  " + sparkline(signal.values, most=signal.most), style="cyan"))

    def mark(self, name: str, kind: str, at: float) -> None:
        """Something was done to the stack."""
        self._console.print(_line(f"{at:.1f} s", name, style=MARK_STYLES[kind]))

    def live(self, name: str, numbers: dict[str, Any], seconds: float) -> None:
        """A phase goes on."""
        text = figures_text(numbers, 1.0) if numbers else ""
        self._show(_line(f"{name} …", f"{text}  {seconds:.0f} s", style="dim"))


def _line(head: str, text: str, style: str = "", *, error: bool = False) -> Text:
    return Text.assemble((f"  {head:<15} ", "bold"), (text, style or ("red" if error else "")))


def figures_text(numbers: dict[str, Any], seconds: float) -> str:
    """`291 req/s   p95    9 ms   no errors`; `no requests` where no customer was about.

    Errors are shown by their number where a percentage would hide them.
    """
    if not numbers["requests"]:
        return "no requests"
    rate = numbers["requests"] / seconds if seconds else 0
    share = 100 * numbers["errors"] / numbers["requests"]
    errors = f"{share:3.0f} % errors" if share >= 1 else f"{numbers['errors']:3.0f} errors" if share else "  no errors"
    return f"{rate:4.0f} req/s   p95 {_time(numbers['p95_ms'])}   {errors}"


def _time(ms: float) -> str:
    return f"{ms:4.0f} ms" if ms < RIGHT_AWAY_MS else f"{ms / 1000:4.1f} s "


def sparkline(values: Sequence[float], width: int = SPARK_WIDTH, most: float | None = None) -> str:
    """The highest values of equal parts of a series, as bars, and the highest of all; empty without values.

    `most` is the value of a full bar; without it the highest value fills one.
    """
    if not values:
        return ""
    size = max(1, -(-len(values) // width))
    parts = [max(values[at : at + size]) for at in range(0, len(values), size)]
    top = max(most or max(parts), 1e-9)
    bars = "".join(BARS[min(len(BARS) - 1, int(len(BARS) * value / top))] for value in parts)
    return f"{bars} {max(parts):g}"


def header(title: str, detail: str) -> None:
    """The first line of a run."""
    console().print(Text.assemble((title, "bold"), (f" · {detail}", "dim")))


def verdict(judged: Verdict, headline: str, explained: str | None = None) -> None:
    """The verdict: failed checks with what was seen, their promise and why it matters, then the others, a line each.

    With `explained`, only that check is told in full: of the other failed ones, what was seen. The same is told once.
    """
    out = console()
    out.print(Text.assemble((f"{judged.outcome:<9}", STYLES[judged.outcome]), headline))
    for reason in judged.reasons:
        _set_in(out, _clean(reason), 2)
    for check in judged.told(explained):
        _check(out, check, full=explained in (None, check.name))


def _set_in(out: Console, text: str, by: int, style: str = "") -> None:
    """A text some columns to the right: wrapped in a terminal, whole lines elsewhere."""
    if out.is_terminal:
        out.print(Padding(Text(text, style=style), (0, 0, 0, by), expand=False))
        return
    for line in text.split("\n"):
        out.print(Text(" " * by + line))


def _check(out: Console, check: CheckResult, *, full: bool) -> None:
    sign, style = SIGNS.get(check.outcome, ("?", "yellow"))
    out.print(
        Text.assemble((f"  {sign} ", style), (texts.named(check.name), "bold" if check.outcome == FAILED else ""))
    )
    if check.outcome == PASSED and check.seen:
        _set_in(out, _clean(check.seen), 6, "dim")
    if check.outcome == FAILED:
        grid = Table.grid(padding=(0, 2, 0, 0))
        rows = (("seen", check.message), ("promise", check.promise), ("why", check.why))
        for head, text in rows if full else rows[:1]:
            if text:
                grid.add_row(Text(head, style="dim"), Text(_clean(text)))
        out.print(Padding(grid, (0, 0, 0, 6), expand=False))


def pairs(rows: Iterable[tuple[str, str]]) -> None:
    """Heads and texts, as under "Look around" and "Next"."""
    out = console()
    for head, text in rows:
        out.print(Text.assemble((f"{head:<14}", "bold"), _clean(text)))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], styles: Sequence[str] = ()) -> None:
    """A plain table; `styles` per row, by Rich's names."""
    grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        grid.add_column(column)
    for number, row in enumerate(rows):
        grid.add_row(*row, style=styles[number] if number < len(styles) else "")
    console().print(grid)
