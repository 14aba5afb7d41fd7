"""Does every lab tell right from wrong on its real stack?

Each lab is proven quickly (as shipped and its first fix), and fully (all fixes and decoys) where the change touches it.
OUTAGE_PROOF=all, quick or touched (the default) says otherwise.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from toys import commit, git

from harness import paths
from harness.judge import proof
from harness.lab import manifest

LABS = [path for path in sorted((paths.ROOT / "labs").glob("*")) if manifest.NAME.match(path.name)]
JOBS = 2


def touched(root: Path) -> set[str]:
    """Folders of labs that differ from upstream, or from the last commit where there is nothing to compare with."""
    bases = (("merge-base", "HEAD", "@{upstream}"), ("rev-parse", "--verify", "-q", "HEAD~1"))
    for base in bases:
        try:
            at = git(root, *base)
            names = git(root, "diff", "--name-only", "-z", at, "--", "labs").split("\0")
            names += git(root, "ls-files", "--others", "--exclude-standard", "-z", "--", "labs").split("\0")
        except subprocess.CalledProcessError:
            continue
        if at != git(root, "rev-parse", "HEAD") or base == bases[-1]:
            return {Path(name).parts[1] for name in names if len(Path(name).parts) > 2}
    return set()


def wanted_in_full(folder: Path) -> bool:
    """Whether this lab is to be proven with all its variants."""
    mode = os.environ.get("OUTAGE_PROOF") or "touched"
    if mode not in ("all", "quick", "touched"):
        raise ValueError(f"OUTAGE_PROOF is {mode!r}; it must be all, quick or touched.")
    return mode == "all" or (mode == "touched" and folder.name in touched(paths.ROOT))


@pytest.mark.docker
@pytest.mark.parametrize("folder", LABS, ids=[path.name for path in LABS])
def test_the_lab_tells_right_from_wrong(folder: Path, stacks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As shipped it is BROKEN on its symptom, fixes are FIXED, decoys BROKEN on the check named for them."""
    monkeypatch.setenv("OUTAGE_LABS", str(folder.parent))
    cases = proof.cases(manifest.read(folder), quick=not wanted_in_full(folder))

    results = proof.run(cases, JOBS, stacks / "prove")

    wrong = [
        f"{one.case.variant}: wanted {one.case.expectation}, seen {one.seen}: {one.why}"
        for one in results
        if not one.right
    ]
    assert wrong == []
    assert len(results) == len(cases) >= 2


@pytest.fixture
def two_labs(origin: Path) -> Path:
    """A repository with two labs and a commit before the last."""
    for name in ("labs/01-one/app.py", "labs/02-two/app.py", "labs/README.md", "harness/cli.py"):
        (origin / name).parent.mkdir(parents=True, exist_ok=True)
        (origin / name).write_text("as it was")
    commit(origin, "first")
    return origin


def test_without_an_earlier_commit_nothing_is_touched(two_labs: Path) -> None:
    """A repository with one commit, or none, has nothing to compare with."""
    assert touched(two_labs) == set()


def test_the_last_commit_and_edits_count(two_labs: Path) -> None:
    """Without an upstream, what the last commit and the work tree changed is touched; other files touch no lab."""
    (two_labs / "labs/01-one/app.py").write_text("changed")
    (two_labs / "labs/README.md").write_text("changed")
    (two_labs / "harness/cli.py").write_text("changed")
    commit(two_labs, "second")
    assert touched(two_labs) == {"01-one"}

    (two_labs / "labs/02-two/new.py").write_text("not yet committed")
    assert touched(two_labs) == {"01-one", "02-two"}


def test_a_branch_is_compared_with_its_upstream(two_labs: Path, tmp_path: Path) -> None:
    """With an upstream, all commits since the two parted count, and not only the last."""
    git(tmp_path, "clone", "-q", str(two_labs), "clone")
    clone = tmp_path / "clone"
    for name in ("labs/01-one/app.py", "harness/cli.py"):
        (clone / name).write_text("changed")
        commit(clone, name)

    assert touched(clone) == {"01-one"}


def test_on_upstream_itself_the_last_commit_counts(two_labs: Path, tmp_path: Path) -> None:
    """Where the branch is what upstream is (CI after a push), its last commit is what changed."""
    (two_labs / "labs/02-two/app.py").write_text("changed")
    commit(two_labs, "second")
    git(tmp_path, "clone", "-q", str(two_labs), "clone")

    assert touched(tmp_path / "clone") == {"02-two"}


@pytest.mark.parametrize(("mode", "full"), [("all", True), ("quick", False)])
def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch, mode: str, full: bool) -> None:
    """OUTAGE_PROOF outweighs what the change touches, and a word that is none of the three is refused."""
    monkeypatch.setenv("OUTAGE_PROOF", mode)
    assert wanted_in_full(Path("labs/99-nowhere")) is full

    monkeypatch.setenv("OUTAGE_PROOF", "maybe")
    with pytest.raises(ValueError, match="must be all, quick or touched"):
        wanted_in_full(Path("labs/99-nowhere"))
