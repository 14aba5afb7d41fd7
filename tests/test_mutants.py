"""Are the mutants of a lab's fixes named, drawn and explained so that an author can rely on it?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from toys import copy

from harness.errors import ManifestError
from harness.lab import equivalents, mutants
from harness.lab.equivalents import Equivalent
from harness.lab.manifest import Lab
from harness.lab.mutants import Mutant

SHOP = '''"""The shop."""

from time import sleep

WAIT_SECONDS = 3


def buy(db, lock, order):
    """Take an order."""
    with lock:
        if order > 0:
            db.execute(order)
            db.commit()
    sleep(WAIT_SECONDS)
    sleep(WAIT_SECONDS)
'''
SETTINGS = "pool = 5\n"


def with_fixes(to: Path, **fixes: dict[str, str]) -> Lab:
    """A toy with these fixes."""
    lab = copy("02-always-broken", to / "labs")
    for name, texts in fixes.items():
        for file, text in texts.items():
            path = lab.fixes / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    return lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy with two fixes more, of which one file is the same."""
    other = SHOP.replace("3", "30")
    return with_fixes(
        tmp_path,
        one={"shop/app.py": SHOP, "shop/settings.toml": SETTINGS},
        two={"shop/app.py": other, "shop/settings.toml": SETTINGS},
    )


def test_a_mutant_is_a_fix_with_one_change(lab: Lab) -> None:
    """Its files are those of the fix but for the one that it changes; it says what it is."""
    [mutant] = [one for one in mutants.of_fix(lab, "one") if one.operator == "with"]

    assert mutant.short == f"one-with-{mutant.change}"
    assert (mutant.name, mutant.kind, mutant.caught_by, mutant.file) == (
        f"mutant {mutant.short}", "mutant", None, "shop/app.py",
    )  # fmt: skip
    assert mutant.files() == {"shop/app.py": mutant.text, "shop/settings.toml": SETTINGS}
    assert mutant.line == "with lock:"
    assert "\n-    with lock:\n" in mutant.diff


def test_names_are_stable(lab: Lab) -> None:
    """The same change has the same name wherever it stands, until the lines around it are edited."""
    before = {one.short for one in mutants.of_fix(lab, "one")}
    file = lab.fixes / "one" / "shop" / "app.py"
    file.write_text(SHOP.replace('"""The shop."""', '"""The shop of the story."""\n\nimport os'))
    moved = {one.short for one in mutants.of_fix(lab, "one")}
    file.write_text(SHOP.replace("db.execute(order)", "db.execute(order, order)"))
    edited = {one.short for one in mutants.of_fix(lab, "one")}

    assert "one-commit-baf8da4d" in before
    assert before - moved == set()
    assert {name for name in before - edited if "number" in name} == set()
    assert "one-commit-baf8da4d" not in edited


def test_the_same_change_at_two_places_has_two_names(lab: Lab) -> None:
    """Where all lines around are the same too, the place in the file tells them apart."""
    block = "a()\nb()\nwait = 3\nc()\nd()\n"
    (lab.fixes / "one" / "shop" / "app.py").write_text(block * 3)
    found = [one for one in mutants.of_fix(lab, "one") if one.line == "wait = 3"]

    assert len({one.short for one in found}) == len(found) == 6


def test_the_same_file_is_one_mutant(lab: Lab) -> None:
    """It does not matter which of two equal neighbours is dropped."""
    found = list(mutants.of_fix(lab, "one"))

    assert sum(one.line == "sleep(WAIT_SECONDS)" and one.operator == "drop" for one in found) == 1


def test_a_file_that_several_fixes_hold_is_mutated_once(lab: Lab) -> None:
    """Its mutants are those of the first fix; asked for the second alone, they are its own."""
    both, second = mutants.of(lab, ["one", "two"]), mutants.of(lab, ["two"])

    def of_settings(found: list[Mutant]) -> list[str]:
        return [one.fix for one in found if one.file == "shop/settings.toml"]

    assert (of_settings(both), of_settings(second)) == (["one", "one"], ["two", "two"])


def test_lines_of_the_fix_are_known(tmp_path: Path) -> None:
    """A change of a line as shipped is told from one of a line that the fix has changed."""
    broken = copy("02-always-broken", tmp_path / "labs").broken / "shop" / "app.py"
    text = broken.read_text()
    lab = with_fixes(tmp_path / "more", near={"shop/app.py": text.replace("False), 503", "False), 200") + "pool = 5\n"})

    own = {(one.operator, one.line): one.own for one in mutants.of_fix(lab, "near")}
    assert own["number", "pool = 5"] is True
    assert own["switch", "return app.json.response(taken=False), 200"] is True
    lab.broken.joinpath("shop", "app.py").write_text(text + "pool = 5\n")
    assert {(one.operator, one.line): one.own for one in mutants.of_fix(lab, "near")}["number", "pool = 5"] is False


def test_the_draw_is_that_of_its_seed(lab: Lab) -> None:
    """The same seed draws the same, another one others; a smaller sample is the beginning of a larger one."""
    found = mutants.of(lab, ["one", "right", "two"])
    seven, again = mutants.drawn(found, 8, 7), mutants.drawn(list(reversed(found)), 8, 7)

    assert [one.short for one in seven] == [one.short for one in again]
    assert mutants.drawn(found, 5, 7) == seven[:5]
    assert mutants.drawn(found, 8, 8) != seven
    assert len(mutants.drawn(found, 1000, 7)) == len(found)


def test_the_draw_is_the_same_on_every_machine(lab: Lab) -> None:
    """What seed 7 draws is written down here."""
    found = mutants.of(lab, ["one", "right", "two"])

    assert [one.short for one in mutants.drawn(found, 4, 7)] == [
        "two-swap-7ea50d09", "one-commit-baf8da4d", "right-drop-19ff69a3", "two-drop-344f9586",
    ]  # fmt: skip


def test_fixes_operators_and_files_take_turns(lab: Lab) -> None:
    """A small sample is not all of one kind: fixes do not begin with the same operator."""
    found = mutants.of(lab, ["one", "two"])
    drawn = mutants.drawn(found, 8, 7)

    assert drawn[0].operator != drawn[1].operator
    assert Counter(one.fix for one in drawn) == {"one": 4, "two": 4}
    for fix in ("one", "two"):
        own = [one.operator for one in drawn if one.fix == fix]
        assert len(set(own)) == len(own) == 4
    numbers = [one.file for one in mutants.drawn(found, 1000, 7) if (one.fix, one.operator) == ("one", "number")]
    assert set(numbers[:2]) == {"shop/app.py", "shop/settings.toml"}


def test_the_same_change_in_another_fix_comes_last(lab: Lab) -> None:
    """Where fixes share lines, a sample has each change of them once, now in one fix and now in the other."""
    found = mutants.of(lab, ["one", "two"])
    changes = {(one.file, one.change) for one in found}
    drawn = mutants.drawn(found, len(found), 7)
    first = drawn[: len(changes)]

    assert len(changes) < len(found) == len(drawn)
    assert {(one.file, one.change) for one in first} == changes
    firsts = [mutants.drawn(found, len(changes), seed) for seed in range(9)]
    assert {one.fix for first in firsts for one in first if one.operator == "commit"} == {"one", "two"}


def test_changes_of_the_fix_come_first_more_often(tmp_path: Path) -> None:
    """Of two changes of one kind, that of a line of the fix is three times as likely."""
    lab = with_fixes(tmp_path, one={"shop/app.py": "own = 3\n" + "pool = 0\n" * 5 + "shipped = 3\n"})
    lab.broken.joinpath("shop", "app.py").write_text("shipped = 3\n")
    found = mutants.of(lab, ["one"])

    first = [mutants.drawn(found, 1, seed)[0].own for seed in range(200)]
    assert 140 < sum(first) < 200


# --- equivalents --------------------------------------------------------------------------------------------------


def one_of(lab: Lab, operator: str) -> Mutant:
    """The first mutant of this kind."""
    return next(one for one in mutants.of_fix(lab, "one") if one.operator == operator)


def test_a_lab_without_the_file_knows_no_equivalents(lab: Lab) -> None:
    """Nothing is explained until somebody explains it."""
    assert equivalents.of(lab) == []


def test_an_entry_is_copied_from_the_draft(lab: Lab) -> None:
    """What is printed for an author, with a reason, explains that mutant and no other."""
    mutant = one_of(lab, "commit")
    draft = equivalents.draft(mutant).replace('why = ""', 'why = "it is all the same"')
    equivalents.path_of(lab).write_text(f"# known\n{draft}\n")
    known = equivalents.of(lab)

    assert known == [
        Equivalent(("one",), mutant.change, "shop/app.py", "db.commit()", "it is all the same"),
    ]
    assert equivalents.known(known, mutant) == known[0]
    assert {equivalents.known(known, one) for one in mutants.of_fix(lab, "two")} == {None}
    assert equivalents.stale(known, mutants.of_fix(lab, "one")) == []


def test_an_entry_lasts_as_long_as_the_text(lab: Lab) -> None:
    """Once the lines around the change are edited, it explains nothing any more."""
    mutant = one_of(lab, "commit")
    known = [Equivalent(("one",), mutant.change, mutant.file, mutant.line, "x")]
    file = lab.fixes / "one" / "shop" / "app.py"

    file.write_text(SHOP + "more = 1\n")
    assert equivalents.stale(known, mutants.of_fix(lab, "one")) == []
    file.write_text(SHOP.replace("db.execute(order)", "db.execute(order, order)"))
    assert equivalents.stale(known, mutants.of_fix(lab, "one")) == known


def test_a_line_with_quotes_can_be_copied(lab: Lab) -> None:
    """TOML reads back what the draft says."""
    (lab.fixes / "one" / "shop" / "app.py").write_text('x = f("\\n", \'"\', 3)\n')
    draft = equivalents.draft(one_of(lab, "number"))
    equivalents.path_of(lab).write_text(draft.replace('why = ""', 'why = "x"'))

    assert equivalents.of(lab)[0].line == 'x = f("\\n", \'"\', 3)'


ENTRY = '[[equivalent]]\nfixes = ["one"]\nchange = "a"\nfile = "b"\nline = "c"\nwhy = "d"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[equivalent]", r"mutants\.toml: not valid TOML: "),
        ("", r"mutants\.toml: holds \[\[equivalent\]\] entries and nothing else\. `outage mutate` prints one"),
        (f"title = 'x'\n{ENTRY}", "entries and nothing else"),
        ("equivalent = 3\n", "entries and nothing else"),
        (ENTRY.replace('why = "d"\n', ""), r"number 1: has to have the keys fixes, change, file, line, why"),
        (ENTRY + ENTRY.replace('"d"', '" "'), r"number 2: `why` must be a text, but is ' '\."),
        (ENTRY.replace('["one"]', '"one"'), r"number 1: `fixes` must be a list of names of fixes, but is 'one'\."),
    ],
    ids=["no TOML", "empty", "more", "no list", "without a reason", "empty reason", "no list of fixes"],
)
def test_a_bad_file_is_one_clear_error(lab: Lab, text: str, said: str) -> None:
    """Which file, which entry, which key, and what was expected."""
    equivalents.path_of(lab).write_text(text)

    with pytest.raises(ManifestError, match=said):
        equivalents.of(lab)
