"""Does a proof count a verdict as right only if it is the one wanted, for the reason wanted?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import literal
import pytest
from click.testing import CliRunner
from toys import copy

from harness import paths
from harness.commands import cli, prove
from harness.errors import ManifestError
from harness.judge import proof, store, trials
from harness.judge.proof import Case, Result
from harness.lab import measured, variants
from harness.lab.manifest import Lab
from harness.lab.variants import Variant
from harness.run import lifecycle


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy with one fix and one decoy."""
    return copy("02-always-broken", tmp_path / "labs")


def result(lab: Lab, variant: str, seen: str, *failed: str, seconds: float = 1.0) -> Result:
    """What came of a run of this variant."""
    return Result(Case(variants.named(lab, variant)), seen, failed, "", seconds)


def test_a_lab_has_a_case_for_every_variant(lab: Lab) -> None:
    """As shipped must break on the symptom, fixes hold, decoys break on the check named for them."""
    found = [(case.variant.name, case.expectation) for case in proof.cases(lab)]

    assert found == [
        ("as shipped", "BROKEN on orders_are_taken"),
        ("fix right", "FIXED"),
        ("decoy wrong", "BROKEN on orders_are_taken"),
    ]


def test_a_symptom_that_is_no_check_is_said_before_anything_runs(lab: Lab) -> None:
    """A typo in lab.toml would make "as shipped" look false for a reason that nobody sees."""
    with pytest.raises(ManifestError, match=r"lab\.toml: symptom: 'oders' is no check .* It has orders_are_taken"):
        proof.cases(replace(lab, symptom="oders"))


@pytest.mark.parametrize(("seen", "kept"), [("FIXED", {"runs": 2, "false": 1}), ("ERROR", None)])
def test_runs_without_a_verdict_are_not_kept_as_verdicts(
    lab: Lab, seen: str, kept: dict[str, int] | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that broke off, since somebody renewed the programs under it, says nothing of the checks."""
    runs = [result(lab, "fix right", "FIXED"), result(lab, "decoy wrong", seen)]
    prove.keep_figures(runs, measured.IDLE)

    found = measured.of(lab).get("repeats")
    assert (found and {key: found["idle"][key] for key in ("runs", "false")}) == kept
    assert ("1 of its 2 runs came to no verdict" in capsys.readouterr().err) is (kept is None)


def test_a_quick_proof_has_two_cases(lab: Lab) -> None:
    """Quick is as shipped and the first fix."""
    assert [case.variant.name for case in proof.cases(lab, quick=True)] == ["as shipped", "fix right"]


@pytest.mark.parametrize(
    ("variant", "seen", "right"),
    [
        ("right", ["FIXED"], True),
        ("right", ["BROKEN", "orders_are_taken"], False),
        ("right", ["UNKNOWN"], False),
        ("wrong", ["BROKEN", "b", "orders_are_taken"], True),
        ("wrong", ["BROKEN", "b"], False),
        ("wrong", ["FIXED"], False),
        ("broken", ["UNKNOWN", "orders_are_taken"], False),
        ("broken", ["ERROR"], False),
    ],
)
def test_a_verdict_is_right_for_the_right_reason(lab: Lab, variant: str, seen: list[str], right: bool) -> None:
    """Another verdict, another failed check, UNKNOWN and an error are all wrong."""
    assert result(lab, variant, *seen).right is right


def test_nothing_proves_nothing(lab: Lab) -> None:
    """A proof without results is not proven; one wrong result among right ones is not proven."""
    right, wrong = result(lab, "right", "FIXED"), result(lab, "right", "BROKEN", "a")

    assert [proof.proven(results) for results in ([], [right], [right, wrong])] == [False, True, False]


def test_results_are_summed_up_by_variant(lab: Lab) -> None:
    """A row per variant tells what was wanted, what was seen, how many were false, and the median time."""
    check = "orders_are_taken"
    results = [
        result(lab, "broken", "BROKEN", check, seconds=3.0),
        result(lab, "broken", "UNKNOWN", seconds=9.0),
        result(lab, "broken", "BROKEN", "b", check, seconds=5.04),
    ]

    assert proof.summed(results) == [
        {
            "lab": "always-broken",
            "variant": "as shipped",
            "wanted": f"BROKEN on {check}",
            "seen": "BROKEN/UNKNOWN ×3",
            "false": 1,
            "failed": ["b", check],
            "seconds": 5.0,
        }
    ]


def test_a_run_that_cannot_be_had_is_an_error(lab: Lab, tmp_path: Path) -> None:
    """A check that ends without a verdict is a wrong result that carries what was said."""
    lost = replace(lab, slug="no-such-lab")
    case = Case(Variant(lost, "shipped", ""))
    told: list[tuple[str, int, int]] = []

    [found] = trials.run([case], 1, tmp_path / "proof", lambda one, done, of: told.append((one.seen, done, of)))

    assert (found.seen, found.right, told) == ("ERROR", False, [("ERROR", 1, 1)])
    assert "no lab called 'no-such-lab'" in found.why


def recorded(lab: Lab, variant: str, errors: int, answer: int) -> Case:
    """A kept recording of this variant, in which so many orders failed."""
    figures = {"requests": 9, "ok": 9 - errors, "errors": errors}
    content = literal.recording({"answer": answer}, {"normal": figures, "later": figures}).content
    case = Case(variants.named(lab, variant))
    store.save(content, case.recording)
    return case


@pytest.fixture
def kept(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Case]:
    """Recordings of all variants of the toy."""
    monkeypatch.setattr(paths, "recordings_of", lambda slug: tmp_path / "recordings" / slug)
    shown = (("broken", 9, 503), ("right", 0, 200), ("wrong", 9, 503))
    return [recorded(lab, variant, errors, answer) for variant, errors, answer in shown]


def test_kept_recordings_are_judged_again(kept: list[Case]) -> None:
    """Without a stack, each variant's recording gets the verdict that its variant must have."""
    assert [proof.judged_again(case).right for case in kept] == [True, True, True]


def test_a_check_that_has_changed_is_found_out_by_recordings(kept: list[Case], lab: Lab) -> None:
    """A promise that was made too strict calls the kept run of a right fix BROKEN."""
    lab.checks.write_text(lab.checks.read_text().replace("(0, 200)", "(0, 201)"))

    found = proof.judged_again(kept[1])
    assert (found.right, found.seen, found.failed) == (False, "BROKEN", ("orders_are_taken",))


def test_a_variant_without_a_recording_is_not_proven(kept: list[Case]) -> None:
    """What was not recorded is an error that names the command, and a torn recording is one too."""
    kept[0].recording.unlink()
    kept[1].recording.write_bytes(kept[1].recording.read_bytes()[:40])

    lost, torn = proof.judged_again(kept[0]), proof.judged_again(kept[1])
    assert [one.seen for one in (lost, torn)] == ["ERROR", "ERROR"]
    assert "make prove-always-broken RECORD=1" in lost.why


def test_a_recording_of_no_variant_is_a_stray(kept: list[Case], lab: Lab) -> None:
    """A decoy that was renamed leaves a recording that is told."""
    stray = kept[0].recording.with_name("decoy-old.json.gz")
    stray.write_bytes(b"")

    assert proof.strays(lab) == [stray]


def test_a_kept_recording_says_nothing_of_the_machine(lab: Lab, tmp_path: Path, kept: list[Case]) -> None:
    """Host, versions, load and time of the run stay out of what is kept."""
    raw = tmp_path / "recording.json"
    content = store.load(kept[1].recording).content | {"host": {"cores": 2}, "load": [[0, 1]], "started_at": "now"}
    raw.write_text(json.dumps(content))
    proof.keep(kept[1], raw)

    seen = store.load(kept[1].recording)
    assert (seen.host, seen.load, "started_at" in seen.content) == ({}, [], False)
    assert proof.judged_again(kept[1]).right


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The loops that were started; they wait instead of being busy."""
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(_: list[str], **__: object) -> subprocess.Popen[bytes]:
        started.append(real([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    return started


def test_cores_are_busy_only_inside(loops: list[subprocess.Popen[bytes]]) -> None:
    """One loop for each core runs inside the block, and none after it."""
    with trials.busy_cores(wanted=True):
        assert [loop.poll() for loop in loops] == [None] * (os.cpu_count() or 1)
    assert None not in [loop.poll() for loop in loops]


def test_cores_are_left_alone_where_nobody_asks(loops: list[subprocess.Popen[bytes]]) -> None:
    """Without being wanted, no loop is started."""
    with trials.busy_cores(wanted=False):
        assert loops == []


def test_a_proof_is_kept_when_asked(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """`outage prove --keep` counts runs and false verdicts, with --busy apart; a part of a proof is not kept."""
    monkeypatch.setenv("OUTAGE_LABS", str(lab.folder.parent))
    monkeypatch.setattr(lifecycle, "sweep", list)
    monkeypatch.setattr(trials, "run", lambda cases, *_, **__: [_right(case) for case in cases])
    prove = ["prove", lab.slug, "--keep"]
    ended = CliRunner().invoke(cli.cli, [*prove, "--repeat", "4"])
    kept = measured.of(lab)["repeats"]
    refused = [
        CliRunner().invoke(cli.cli, [*prove, *more]) for more in (["--quick"], ["--only", "fix"], ["--recorded"])
    ]

    assert ended.exit_code == 0
    assert kept == {
        "of": measured.digest(lab), "date": kept["date"], "variants": 3,
        "idle": {"date": kept["date"], "repeats": 4, "runs": 12, "false": 0},
        "upper_bound": round(1 - 0.05 ** (1 / 12), 4),
    }  # fmt: skip
    assert ["--keep is for all variants" in str(one.exception) for one in refused] == [True, True, True]


def _right(case: Case) -> Result:
    return Result(case, case.wanted, (case.check,) if case.check else (), "", 1.0)
