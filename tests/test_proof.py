"""Does a proof count a verdict as right only if it is the one wanted, for the reason wanted?"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from toys import copy

from harness.judge import proof
from harness.errors import ManifestError
from harness.lab.manifest import Lab
from harness.judge.proof import Case, Result


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy with one fix and one decoy."""
    return copy("02-always-broken", tmp_path / "labs")


def result(lab: Lab, wanted: str, check: str | None, seen: str, *failed: str, seconds: float = 1.0) -> Result:
    """What came of a run as shipped."""
    return Result(Case(lab, "as shipped", None, wanted, check), seen, failed, "", seconds)


def test_a_lab_has_a_case_for_every_variant(lab: Lab) -> None:
    """As shipped must break on the symptom, fixes hold, decoys break on the check named for them."""
    found = [(case.variant, case.expectation) for case in proof.cases(lab)]

    assert found == [
        ("as shipped", "BROKEN on orders_are_taken"),
        ("fix right", "FIXED"),
        ("decoy wrong", "BROKEN on orders_are_taken"),
    ]
    overlays = [case.overlay for case in proof.cases(lab)]
    assert overlays == [None, lab.solution / "fixes" / "right", lab.solution / "decoys" / "wrong"]


def test_a_quick_proof_has_two_cases(lab: Lab) -> None:
    """Quick is as shipped and the first fix."""
    assert [case.variant for case in proof.cases(lab, quick=True)] == ["as shipped", "fix right"]


@pytest.mark.parametrize(
    ("wanted", "check", "seen", "right"),
    [
        ("FIXED", None, ["FIXED"], True),
        ("FIXED", None, ["BROKEN", "a"], False),
        ("FIXED", None, ["UNKNOWN"], False),
        ("BROKEN", "a", ["BROKEN", "b", "a"], True),
        ("BROKEN", "a", ["BROKEN", "b"], False),
        ("BROKEN", "a", ["FIXED"], False),
        ("BROKEN", "a", ["UNKNOWN", "a"], False),
        ("BROKEN", "a", ["ERROR"], False),
    ],
)
def test_a_verdict_is_right_for_the_right_reason(
    lab: Lab, wanted: str, check: str | None, seen: list[str], right: bool
) -> None:
    """Another verdict, another failed check, UNKNOWN and an error are all wrong."""
    assert result(lab, wanted, check, *seen).right is right


def test_a_decoy_without_a_check_is_refused(lab: Lab) -> None:
    """A decoy that lab.toml does not name would be right by breaking on anything: it is an error with its name."""
    with pytest.raises(ManifestError, match=r"lab\.toml: \[decoys\] does not say which check must catch 'wrong'"):
        proof.cases(replace(lab, decoys={}))


def test_nothing_proves_nothing(lab: Lab) -> None:
    """A proof without results is not proven; one wrong result among right ones neither."""
    right, wrong = result(lab, "FIXED", None, "FIXED"), result(lab, "FIXED", None, "BROKEN", "a")

    assert [proof.proven(results) for results in ([], [right], [right, wrong])] == [False, True, False]


def test_results_are_summed_up_by_variant(lab: Lab) -> None:
    """A row per variant tells what was wanted, what was seen, how many were false, and the median time."""
    results = [
        result(lab, "BROKEN", "a", "BROKEN", "a", seconds=3.0),
        result(lab, "BROKEN", "a", "UNKNOWN", seconds=9.0),
        result(lab, "BROKEN", "a", "BROKEN", "b", "a", seconds=5.04),
    ]

    assert proof.summed(results) == [
        {
            "lab": "always-broken",
            "variant": "as shipped",
            "wanted": "BROKEN on a",
            "seen": "BROKEN/UNKNOWN ×3",
            "false": 1,
            "failed": ["a", "b"],
            "seconds": 5.0,
        }
    ]


def test_a_run_that_cannot_be_had_is_an_error(lab: Lab, tmp_path: Path) -> None:
    """A check that ends without a verdict is a wrong result that carries what was said."""
    case = Case(replace(lab, slug="no-such-lab"), "as shipped", None, "BROKEN", None)
    told: list[tuple[str, int, int]] = []

    [found] = proof.run([case], 1, tmp_path / "proof", lambda one, done, of: told.append((one.seen, done, of)))

    assert (found.seen, found.right, told) == ("ERROR", False, [("ERROR", 1, 1)])
    assert "no lab called 'no-such-lab'" in found.why


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The loops that were started; they wait instead of being busy."""
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def popen(_: list[str]) -> subprocess.Popen[bytes]:
        started.append(real([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    return started


def test_cores_are_busy_only_inside(loops: list[subprocess.Popen[bytes]]) -> None:
    """One loop for each core runs inside the block, and none after it."""
    with proof.busy_cores(wanted=True):
        assert [loop.poll() for loop in loops] == [None] * (os.cpu_count() or 1)
    assert None not in [loop.poll() for loop in loops]


def test_cores_are_left_alone_where_nobody_asks(loops: list[subprocess.Popen[bytes]]) -> None:
    """Without being wanted, no loop is started."""
    with proof.busy_cores(wanted=False):
        assert loops == []
