"""Is a mutant's fate told from what its run says, and a lab's score from the fates?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from click.testing import Result as Ended
from toys import copy

from harness.commands import cli
from harness.errors import OutageError
from harness.judge import mutation, trials
from harness.judge.mutation import Fate
from harness.judge.proof import Case, Result
from harness.lab import equivalents, measured, mutants
from harness.lab.equivalents import Equivalent
from harness.lab.manifest import Lab
from harness.lab.mutants import Mutant
from harness.run import lifecycle

Said = tuple[str, str]
"""Verdict, and what did not start."""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A toy whose fix has two mutants: one drops the answer, one turns a switch in it."""
    found = copy("02-always-broken", tmp_path / "labs")
    monkeypatch.setenv("OUTAGE_LABS", str(tmp_path / "labs"))
    monkeypatch.setattr(lifecycle, "sweep", list)
    return found


@pytest.fixture
def both(lab: Lab) -> tuple[Mutant, Mutant]:
    """They, `drop` first."""
    drop, switch = sorted(mutants.of(lab, ["right"]), key=lambda one: one.operator)
    return drop, switch


class Stacks:
    """Stands for real stacks: what each case is said to be, in each of its runs."""

    def __init__(self, **said: list[Said]) -> None:
        """Per operator, or `fix`, the verdicts of its runs, the last one again and again."""
        self.said = said
        self.runs: list[list[str]] = []

    def __call__(self, cases: list[Case], *_: object, **__: object) -> list[Result]:
        """One result for each, the last case first, as they may come in."""
        self.runs.append([case.variant.name for case in cases])
        return [self._result(case) for case in reversed(cases)]

    def _result(self, case: Case) -> Result:
        left = self.said[case.variant.operator if isinstance(case.variant, Mutant) else "fix"]
        seen, unstarted = left.pop(0) if len(left) > 1 else left[0]
        failed = ("orders_are_taken",) if seen == "BROKEN" else ()
        why = "orders_are_taken: no order was taken | another: no" if failed else "shop ended\nits log"
        return Result(case, seen, failed, why, 4.0, unstarted, Path("/runs/now"))


FIXED, BROKEN, BUSY, ERROR = ("FIXED", ""), ("BROKEN", ""), ("UNKNOWN", ""), ("ERROR", "")
NOT_LOADED, NOT_READY = ("UNKNOWN", "code"), ("UNKNOWN", "stack")


@pytest.mark.parametrize(
    ("said", "fate", "why", "runs"),
    [
        ([BROKEN], "killed", "BROKEN on orders_are_taken (no order was taken)", 1),
        ([FIXED], "survived", "FIXED", 1),
        ([NOT_LOADED], "not loaded", "UNKNOWN: shop ended", 1),
        ([NOT_READY], "killed", "UNKNOWN: it does not start: shop ended", 2),
        ([BUSY], "not judged", "UNKNOWN: shop ended", 2),
        ([BUSY, BROKEN], "killed", "BROKEN on orders_are_taken (no order was taken)", 2),
        ([ERROR, FIXED], "survived", "FIXED", 2),
        ([NOT_READY, FIXED], "survived", "FIXED", 2),
        ([ERROR], "not judged", "ERROR: shop ended", 2),
    ],
)
def test_a_verdict_is_a_fate(both: tuple[Mutant, Mutant], said: list[Said], fate: str, why: str, runs: int) -> None:
    """BROKEN kills; code that does not load is not counted; what says nothing is tried once more."""
    stacks = Stacks(drop=said)
    [found] = mutation.judged(both[:1], [], stacks)

    assert (found.fate, found.why, len(stacks.runs)) == (fate, why, runs)


def test_equivalent_mutants_are_not_run(both: tuple[Mutant, Mutant]) -> None:
    """What an author has explained costs no run, and is told with the reason, in the order of the draw."""
    drop, switch = both
    known = [Equivalent(("right",), switch.change, switch.file, switch.line, "nobody reads it")]
    stacks = Stacks(drop=[BROKEN])
    fates = mutation.judged([switch, drop], known, stacks)

    assert [(one.mutant, one.fate, one.why) for one in fates] == [
        (switch, "equivalent", "nobody reads it"),
        (drop, "killed", "BROKEN on orders_are_taken (no order was taken)"),
    ]
    assert stacks.runs == [[drop.name]]


def test_a_fix_has_to_be_fixed_first(lab: Lab) -> None:
    """Where the fix itself is not FIXED on this machine, every mutant would be killed: that is an error."""
    mutation.require_fixed(lab, ["right"], Stacks(fix=[BUSY, FIXED]))

    with pytest.raises(
        OutageError, match=r"fix right of always-broken is BROKEN .*\n.*make prove-always-broken ONLY=r"
    ):
        mutation.require_fixed(lab, ["right"], Stacks(fix=[BROKEN]))


def fates(both: tuple[Mutant, Mutant], *of: str) -> list[Fate]:
    """Mutants with these fates, `drop` and `switch` by turns."""
    return [Fate(both[at % 2], fate, "") for at, fate in enumerate(of)]


def test_the_score_is_of_those_that_count(both: tuple[Mutant, Mutant]) -> None:
    """Killed of killed and survived; equivalent ones and those without a verdict are left out."""
    found = fates(both, "killed", "killed", "survived", "equivalent", "not loaded", "not judged")

    assert mutation.counts(found) == {
        "sample": 6, "counted": 3, "killed": 2, "survived": 1, "equivalent": 1, "not_loaded": 1, "not_judged": 1,
        "score": 0.667,
    }  # fmt: skip
    assert mutation.by_operator(found)["switch"] == {
        "killed": 1, "survived": 0, "equivalent": 1, "not loaded": 0, "not judged": 1,
    }  # fmt: skip


def test_nothing_that_counts_has_no_score(both: tuple[Mutant, Mutant]) -> None:
    """Where nothing was judged, the score is neither 0 nor 1."""
    assert mutation.counts(fates(both, "not judged", "equivalent"))["score"] is None


# --- the command --------------------------------------------------------------------------------------------------


@pytest.fixture
def mutate(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """`outage mutate` of the toy with these words, over stacks that say what they are told to."""

    def call(*words: str, **said: list[Said]) -> Ended:
        monkeypatch.setattr(trials, "run", Stacks(**{"fix": [FIXED], **said}))
        return CliRunner().invoke(cli.cli, ["mutate", lab.slug, *words])

    return call


def test_a_survivor_fails_the_command(mutate: Callable[..., Ended], lab: Lab, both: tuple[Mutant, Mutant]) -> None:
    """It is shown with its diff, the command that makes a decoy of it, and the entry that explains it."""
    said = mutate(drop=[BROKEN], switch=[FIXED])

    assert said.exit_code == 1
    assert both[1].diff in said.output
    assert f"outage decoy always-broken {both[1].short} /runs/now/files \\\n" in said.output
    assert "--base fixes/right --caught-by orders_are_taken" in said.output
    assert all(f"  {line}\n" in said.output for line in equivalents.draft(both[1]).splitlines())
    assert "1 of 2 mutants that count are killed: score 50.0%." in said.output


def test_explained_survivors_are_no_failure(
    mutate: Callable[..., Ended], lab: Lab, both: tuple[Mutant, Mutant]
) -> None:
    """Once the author has said why, the command ends with 0."""
    draft = equivalents.draft(both[1]).replace('why = ""', 'why = "nobody reads it"')
    equivalents.path_of(lab).write_text(draft)
    said = mutate(drop=[BROKEN])
    nothing_left = mutate("--seed", str(_seed_of(both[1])), "--sample", "1", "--keep", fix=[])

    assert (said.exit_code, nothing_left.exit_code, measured.of(lab)) == (0, 0, {})
    assert "1 of 1 mutants that count are killed: score 100.0%.\nNot counted: 1 equivalent." in said.output


def _seed_of(mutant: Mutant) -> int:
    """A seed that draws this one first."""
    found = mutants.of(mutant.lab, [mutant.fix])
    return next(seed for seed in range(100) if mutants.drawn(found, 1, seed) == [mutant])


def test_nothing_judged_is_no_success(mutate: Callable[..., Ended]) -> None:
    """On a machine that is too busy for any verdict, the command ends with 2."""
    said = mutate(drop=[BUSY], switch=[BUSY])

    assert (said.exit_code, "no score.\nNot counted: 2 not judged." in said.output) == (2, True)


def test_a_machine_gets_all_of_it(mutate: Callable[..., Ended], both: tuple[Mutant, Mutant]) -> None:
    """--json has counts, score, seconds, operators and each mutant with its diff, and nothing else is printed."""
    said: dict[str, Any] = json.loads(mutate("--json", "--seed", "7", drop=[BROKEN], switch=[NOT_LOADED]).output)

    assert said | {"seconds": 0, "seconds_per_mutant": 0, "operators": {}, "mutants": []} == {
        "lab": "always-broken", "seed": 7, "of": 2, "sample": 2, "counted": 1, "killed": 1, "survived": 0,
        "equivalent": 0, "not_loaded": 1, "not_judged": 0, "score": 1.0, "seconds": 0, "seconds_per_mutant": 0,
        "operators": {}, "mutants": [],
    }  # fmt: skip
    assert said["operators"]["drop"]["killed"] == 1
    assert {one["name"]: (one["fate"], one["diff"]) for one in said["mutants"]} == {
        both[0].short: ("killed", both[0].diff), both[1].short: ("not loaded", both[1].diff),
    }  # fmt: skip


def test_the_list_starts_no_stack(mutate: Callable[..., Ended], both: tuple[Mutant, Mutant], lab: Lab) -> None:
    """--list shows names, diffs and what is known of them; a sample and a fix can be chosen."""
    equivalents.path_of(lab).write_text(equivalents.draft(both[1]).replace('why = ""', 'why = "nobody reads it"'))
    said = mutate("--list", fix=[])
    rows = json.loads(mutate("--list", "--json", "--sample", "1", "--fix", "right", fix=[]).output)

    assert said.exit_code == 0
    assert all(one.short in said.output and one.diff in said.output for one in both)
    assert f"{both[1].short}  equivalent: nobody reads it" in said.output
    assert (rows["of"], len(rows["mutants"]), rows["mutants"][0]["fix"]) == (2, 1, "right")


def test_the_score_is_kept_when_asked(mutate: Callable[..., Ended], lab: Lab) -> None:
    """--keep writes the figures into the lab, and only --keep does."""
    mutate(drop=[BROKEN], switch=[FIXED])
    before = measured.of(lab)
    mutate("--keep", "--seed", "7", drop=[BROKEN], switch=[FIXED])

    kept = measured.of(lab)["mutants"]
    assert before == {}
    assert kept | {"date": ""} == {
        "date": "", "seed": 7, "sample": 2, "counted": 2, "killed": 1, "equivalent": 0, "survived": 1, "score": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--keep", "--fix", "right"], "--keep is for a draw from all fixes that is run"),
        (["--keep", "--list"], "--keep is for a draw from all fixes that is run"),
        (["--fix", "rigth"], "Did you mean 'fix right'?"),
    ],
)
def test_a_wrong_call_is_one_message(mutate: Callable[..., Ended], words: list[str], said: str) -> None:
    """What does not go together, and a fix that there is not."""
    ended = mutate(*words, fix=[])

    assert isinstance(ended.exception, OutageError)
    assert said in str(ended.exception)
