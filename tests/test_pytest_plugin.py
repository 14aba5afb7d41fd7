"""Can an author run checks alone, over a recording on disk?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from toys import RECORDING

from harness import paths

CHECKS = """\
def test_reads_are_few(seen):
    assert seen.reads <= 3, "too many"
"""


def run(tmp_path: Path, facts: dict[str, int], *more: str) -> subprocess.CompletedProcess[str]:
    """Run checks over a recording of these facts, as an author would."""
    (tmp_path / "checks.py").write_text(CHECKS)
    (tmp_path / "recording.json").write_text(json.dumps(RECORDING | {"facts": facts}))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "harness.pytest_plugin", "checks.py", *more]
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT)}
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("reads", "code", "said"), [(3, 0, "1 passed"), (4, 1, "AssertionError: too many")])
def test_checks_run_over_a_recording_on_disk(tmp_path: Path, reads: int, code: int, said: str) -> None:
    """`--recording` names the file that `seen` is read from; pytest's exit code is as ever."""
    done = run(tmp_path, {"reads": reads}, "--recording", "recording.json")

    assert (done.returncode, said in done.stdout) == (code, True), done.stdout


def test_a_recording_that_is_missing_is_named(tmp_path: Path) -> None:
    """A wrong path is an error with the path in it, and no check passes."""
    done = run(tmp_path, {"reads": 3}, "--recording", "nowhere.json")

    assert done.returncode not in (0, 1)
    assert "nowhere.json: cannot be read as a recording" in done.stdout + done.stderr


def test_without_a_recording_nothing_is_judged(tmp_path: Path) -> None:
    """Checks that were given no recording are errors and do not pass."""
    done = run(tmp_path, {"reads": 3})

    assert done.returncode == 1
    assert "fixture 'seen' not found" in done.stdout
