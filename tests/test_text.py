"""Is text from strangers shown so that it does nothing, and does not fill the screen?"""

from __future__ import annotations

import json
import unicodedata

import pytest

from harness import text


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("price 9 €, ü, 中, ✓", "price 9 €, ü, 中, ✓"),
        ("\x1b[2J\x1b[HFIXED", r"\x1b[2J\x1b[HFIXED"),
        ("\x9b31m", r"\x9b31m"),
        ("a\rFIXED\b\x07", r"a\rFIXED\x08\x07"),
        ("a\nFIXED\tb", r"a\nFIXED\tb"),
        ("abc\u202egnp.exe", r"abc\u202egnp.exe"),
        ("a\u2066b\u200bc\ufeffd\u2028e", r"a\u2066b\u200bc\ufeffd\u2028e"),
        ("half \ud800 pair", r"half \ud800 pair"),
        ("\ue000\U000e0041", r"\ue000\U000e0041"),
        ("12\u00a0000\u202f€\u3000", "12 000 € "),
        ("", ""),
    ],
    ids=[
        "plain", "escape", "C1", "return", "lines", "turned", "unseen", "surrogate", "private", "spaces", "empty",
    ],
)  # fmt: skip
def test_what_a_terminal_would_obey_is_shown(said: str, shown: str) -> None:
    """Letters of all scripts stay, anything else becomes its escape; the result can be encoded, and is one line."""
    assert text.printable(said) == shown
    assert text.printable(said).encode().decode().isprintable()


@pytest.mark.parametrize(
    ("check", "words"),
    [("the_ca_is_not_hammered", "the CA is not hammered"), ("only_tls", "only TLS"), ("candles_burn", "candles burn")],
)
def test_a_check_is_named_in_words(check: str, words: str) -> None:
    """What is short for something is in capitals; what only looks like it is not."""
    assert text.named(check) == words


def test_every_character_comes_out_printable() -> None:
    """All 1,114,112 code points: none is a control, a format character, half of a pair or a line's end."""
    every = "".join(map(chr, range(0x110000)))

    shown = text.printable(every, len(every))

    assert shown.isprintable()
    assert not {unicodedata.category(character) for character in set(shown)} & {
        "Cc",
        "Cf",
        "Cs",
        "Co",
        "Cn",
        "Zl",
        "Zp",
    }


def test_lines_may_stay() -> None:
    """Where a text may have several lines, line breaks and tabs stay, and nothing else does."""
    assert text.printable("a\n\tb\x1b\r", lines=True) == "a\n\tb\\x1b\\r"


def test_what_is_too_long_says_how_much_is_missing() -> None:
    """The beginning, and the number of characters that are left out."""
    assert text.printable("x" * 12_345, 10) == "xxxxxxxxxx… (12,335 more characters)"


@pytest.mark.parametrize("width", [1, 7, 80])
def test_wrapping_loses_nothing(width: int) -> None:
    """No line is longer than the width, and without its line breaks the text is as it was."""
    said = "work/cache-stampede/catalog/app.py line 132: NameError: name 'limmit' is not defined\n\n" + "y" * 300

    lines = text.wrapped(said, width)

    assert max(map(len, lines)) <= width
    assert "".join("".join(lines).split()) == "".join(said.split())


def test_no_line_of_a_log_can_be_taken_for_ours() -> None:
    """Each of the last lines begins with a sign of its own."""
    said = text.excerpt("one\ntwo\n\x1b[1A✓ FIXED\r\n" + "x" * 9000 + "\n", 3, 20)

    assert said.split("\n") == ["│ two", "│ \\x1b[1A✓ FIXED", f"│ {'x' * 20}… (8,980 more characters)"]


def test_a_recording_can_be_written_and_shown_whatever_is_in_it() -> None:
    """Texts and keys are printable and bounded, numbers finite, and nothing is nested without end."""
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    content = {"a\x1b": ["\ud800", float("nan"), float("inf"), 1.5, None, True], "long": "y" * 9000, "deep": deep}

    plain = text.printable_json(content)

    assert plain["a\\x1b"] == ["\\ud800", None, None, 1.5, None, True]
    assert len(plain["long"]) < 4100
    assert json.loads(json.dumps(plain, allow_nan=False, ensure_ascii=False).encode()) == plain


def test_facts_that_are_too_many_are_left_out_by_name() -> None:
    """The largest go first, until the rest fits."""
    facts = {"small": 1, "large": ["x" * 100] * 50, "larger": ["x" * 100] * 60}

    assert text.bounded(facts, 20_000) == (facts, [])
    assert text.bounded(facts, 6_000) == ({"small": 1, "large": facts["large"]}, ["larger"])
    assert text.bounded(facts, 100) == ({"small": 1}, ["larger", "large"])
