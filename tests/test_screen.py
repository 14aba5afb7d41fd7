"""Is the screen readable: plain where it is no terminal, without colours when asked, within 80 columns?"""

from __future__ import annotations

import io
import json
import re
import sys

import pytest

from harness.commands import screen
from harness.commands.screen import Screen, sparkline
from harness.judge import verdict
from harness.judge.checks import CheckResult
from harness.run.course import Signal

NUMBERS = {"seconds": 2.0, "requests": 24_000, "errors": 24_000, "p95_ms": 12_345.0}
WIDE = "812 of 812 customers were served, " * 5
LONG = (
    "product 17 was read 34 times after the cache was flushed, of which 31 before the first had ended, wanted at most 2"
)
CHECKS = [
    CheckResult("flush_stays_bounded", "failed", f"After the flush: {LONG}.", f"Why: {LONG}.", LONG),
    CheckResult("customers_are_served", "passed", "Served.", "", seen="812 of 812 customers were served"),
    CheckResult("price_changes_show", "unknown", "Shown.", "", "the drill did not record `prices`"),
]


class Terminal(io.StringIO):
    """Something that says that it is a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def on_terminal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Terminal:
    """From now on, standard output is a terminal of 80 columns in colour."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in ({"TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"} | environment).items():
        monkeypatch.setenv(name, value)
    found = Terminal()
    monkeypatch.setattr(sys, "stdout", found)
    return found


def tell_a_run() -> None:
    """Everything that a run can say, in its longest form."""
    with Screen() as watcher:
        watcher.stack(["cache", "catalog-1", "catalog-2", "db", "edge"], 2.41)
        watcher.live("normal", {}, 0.2)
        watcher.phase("other customers", NUMBERS, Signal(list(range(40)), 40))
        watcher.mark("the hottest product's copies are lost", "fault", 7.1)
    screen.verdict(verdict.of(CHECKS), "the outage is reproduced (17 s)")
    screen.pairs([("Look around", "http://127.0.0.1:49213/product/1   make logs-cache-stampede   make shell-x")])
    screen.table(["lab", "what breaks"], [["7", LONG]])


@pytest.mark.parametrize(
    ("values", "most", "bars"),
    [
        ([], None, ""),
        ([0.0], None, "▁ 0"),
        ([0, 0, 0], None, "▁▁▁ 0"),
        ([0, 1, 2, 4, 8], None, "▁▂▃▅█ 8"),
        ([5.0], None, "█ 5"),
        ([0] * 23 + [9], None, "▁▁▁▁▁▁▁▁▁▁▁█ 9"),
        ([9] + [0] * 11, None, "█▁▁▁▁▁▁▁▁▁▁▁ 9"),
        ([8] * 25, None, "█████████ 8"),
        ([1, 2], 8, "▂▃ 2"),
        ([1, 1], 3, "▃▃ 1"),
        ([2, 2], 3, "▆▆ 2"),
        ([16], 8, "█ 16"),
    ],
)
def test_a_series_becomes_a_few_bars(values: list[float], most: float | None, bars: str) -> None:
    """Bars show the highest of equal parts, at most twelve, against one fixed height where there is one."""
    assert sparkline(values, most=most) == bars


@pytest.mark.parametrize(
    ("errors", "said"), [(0, "no errors"), (3, "  3 errors"), (10, "  1 % errors"), (1000, "100 % errors")]
)
def test_an_error_is_never_rounded_away(errors: int, said: str) -> None:
    """Where a percentage would say nothing, the number of errors does."""
    numbers = {"requests": 1000, "errors": errors, "p95_ms": 9.0}
    assert screen.figures_text(numbers, 1.0).endswith(said)


def test_without_a_terminal_lines_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    """What goes to a file or a pipe has no control codes, and each thing said is one whole line."""
    tell_a_run()

    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\r" not in said
    assert "  7.1 s           the hottest product's copies are lost\n" in said
    assert "other customers 12000 req/s   p95 12.3 s    100 % errors" in said


def test_a_verdict_tells_failed_checks_first_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    """A failed check shows seen, promise and why; a kept one what was seen."""
    screen.verdict(verdict.of(CHECKS), "2 of 3 promises are kept (18 s)")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "BROKEN   2 of 3 promises are kept (18 s)"
    assert "      812 of 812 customers were served" in [line.rstrip() for line in lines]
    assert [line.strip() for line in lines if line[2:3] in ("✗", "✓", "?")] == [
        "✗ flush stays bounded",
        "✓ customers are served",
        "? price changes show",
    ]
    assert [word for word in ("seen", "promise", "why") if any(line.strip().startswith(word) for line in lines)] == [
        "seen",
        "promise",
        "why",
    ]


def test_what_was_seen_is_never_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """A long sentence behind a tick is whole in a file, and wrapped in a terminal."""
    screen.verdict(verdict.of([CheckResult("wide", "passed", "p", "w", seen=WIDE)]), "")

    assert f"      {WIDE.strip()}" in capsys.readouterr().out


def test_what_keeps_several_promises_from_being_judged_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Five times the same sentence hides that it is one fault."""
    names = ("queries_do_not_grow", "rows_stay", "changes_show")
    failed = [CheckResult(name, "failed", f"promise of {name}", "why", "no page came") for name in names]
    other = CheckResult("nothing_dies", "failed", "promise of its own", "why", "the feed ended")
    judged = verdict.of([*failed, other])
    screen.verdict(judged, "")
    said = capsys.readouterr().out
    assert judged.of_one_cause
    assert not verdict.of([failed[0], other]).of_one_cause
    assert said.count("no page came") == 1
    assert said.count("the same as under “queries do not grow”") == 2
    assert [text for text in ("queries_do_not_grow", "rows_stay", "its own") if f"promise of {text}" in said] == [
        "queries_do_not_grow",
        "its own",
    ]


def test_an_unknown_verdict_tells_its_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    """Every reason is on the screen, each of its lines indented alike."""
    screen.verdict(verdict.of([], ["shop did not start\nlast line"]), "nothing can be said of this run")

    said = capsys.readouterr().out
    assert said.startswith("UNKNOWN  nothing can be said of this run\n")
    assert "  shop did not start" in said
    assert "  last line" in said


def test_a_terminal_of_80_columns_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line of a run is wider than the terminal, in characters that are seen."""
    terminal = on_terminal(monkeypatch)
    tell_a_run()

    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue()).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= 80


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict is coloured in a terminal."""
    terminal = on_terminal(monkeypatch)
    screen.verdict(verdict.of(CHECKS), "")

    assert re.search(r"\x1b\[[0-9;]*3\dm", terminal.getvalue())


def test_no_color_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR nothing is coloured, in a terminal too."""
    terminal = on_terminal(monkeypatch, NO_COLOR="1")

    tell_a_run()

    assert not re.search(r"\x1b\[(?:[0-9;]*;)?[34]\d(?:;[0-9;]*)?m", terminal.getvalue())


def test_a_students_brackets_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    """What looks like markup in a message is printed as it is."""
    odd = CheckResult("odd", "failed", "", "", "[red]x[/red] [/] [link=file:///etc/passwd]y")
    screen.verdict(verdict.of([odd]), "[bold]")
    screen.say_error("[/nothing]")

    said = capsys.readouterr()
    assert "[red]x[/red] [/] [link=file:///etc/passwd]y" in said.out
    assert "[bold]" in said.out
    assert said.err == "error  [/nothing]\n"


def test_json_is_nothing_but_json(capsys: pytest.CaptureFixture[str]) -> None:
    """A machine gets JSON that any terminal and any encoding can carry."""
    screen.say_json({"was": "größer ▁█ \ud800 \x1b[2J"})

    said = capsys.readouterr().out
    assert json.loads(said) == {"was": "größer ▁█ \ud800 \x1b[2J"}
    assert said.isascii()
    assert "\x1b" not in said


@pytest.mark.parametrize("evil", ["\x1b[2J\x1b[1;1HFIXED", "\x9b31m", "a\u202eb", "\ud800", "\x07", "\rFIXED"])
def test_nothing_of_a_student_moves_the_terminal(capsys: pytest.CaptureFixture[str], evil: str) -> None:
    """Control sequences in messages, logs, reasons and errors are shown as text, wherever they come from."""
    screen.verdict(verdict.of([CheckResult("odd", "failed", "p", "w", evil)]), "")
    screen.verdict(verdict.of([], [evil]), "")
    screen.verdict(verdict.of([CheckResult("odd", "passed", "p", "w", seen=evil)]), "")
    screen.write(evil)
    screen.say(evil)
    screen.say_error(evil)
    screen.pairs([("head", evil)])
    screen.note("head", evil)
    screen.markdown(evil)

    said = capsys.readouterr()
    assert [sign for sign in evil if not sign.isprintable() and sign in said.out + said.err] == []
