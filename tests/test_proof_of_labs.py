"""Does every lab tell right from wrong on its real stack?

Each lab is proven quickly here (as shipped and its first fix); its other variants are judged by their recordings in
test_labs_contract. OUTAGE_PROOF=all proves every variant of every lab on real stacks.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness import paths
from harness.judge import proof, trials
from harness.lab import manifest

LABS = [path for path in sorted((paths.ROOT / "labs").glob("*")) if manifest.NAME.match(path.name)]
JOBS = 2
MODES = ("quick", "all")


def wanted_in_full() -> bool:
    """Whether all variants are to be proven; ValueError where OUTAGE_PROOF is another word."""
    mode = os.environ.get("OUTAGE_PROOF") or "quick"
    if mode not in MODES:
        raise ValueError(f"OUTAGE_PROOF is {mode!r}; it must be one of {', '.join(MODES)}.")
    return mode == "all"


@pytest.mark.docker
@pytest.mark.parametrize("folder", LABS, ids=[path.name for path in LABS])
def test_the_lab_tells_right_from_wrong(folder: Path, stacks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As shipped it is BROKEN on its symptom, fixes are FIXED, decoys BROKEN on the check named for them."""
    monkeypatch.setenv("OUTAGE_LABS", str(folder.parent))
    cases = proof.cases(manifest.read(folder), quick=not wanted_in_full())

    results = trials.run(cases, JOBS, stacks / "prove")

    wrong = [
        f"{one.case.variant.name}: wanted {one.case.expectation}, seen {one.seen}: {one.why}"
        for one in results
        if not one.right
    ]
    assert wrong == []
    assert len(results) == len(cases) >= 2


@pytest.mark.parametrize(("mode", "full"), [("all", True), ("quick", False), ("", False)])
def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, mode: str, full: bool) -> None:
    """OUTAGE_PROOF says how much is proven, and a word that is none of the two is refused."""
    monkeypatch.setenv("OUTAGE_PROOF", mode)
    assert wanted_in_full() is full

    monkeypatch.setenv("OUTAGE_PROOF", "maybe")
    with pytest.raises(ValueError, match="must be one of quick, all"):
        wanted_in_full()
