"""Is each run's record found again, and what is worth keeping kept?"""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from harness import paths
from harness.errors import OutageError
from harness.run import history
from harness.run.history import Progress

BROKEN_AS_SHIPPED: dict[str, Any] = {"verdict": "BROKEN", "variant": "as shipped", "checks": []}
MINE: dict[str, Any] = {"verdict": "BROKEN", "variant": "student", "checks": []}


def finished(number: int, judged: dict[str, Any], slug: str = "toy") -> Path:
    """A run that has come to its end in this second."""
    folder = history.new_folder(paths.runs_of(slug) / f"20261123-2105{number:02}-ab12")
    history.finish(folder, {"lab": slug, "seed": number}, judged)
    return folder


def test_a_finished_run_is_on_disk(runs: Path) -> None:
    """Recording and verdict stand in the run's folder, and `latest` leads to it."""
    folder = finished(1, MINE)

    assert folder == runs / "toy" / "20261123-210501-ab12"
    assert json.loads((runs / "toy" / "latest" / "recording.json").read_text()) == {"lab": "toy", "seed": 1}
    assert json.loads((runs / "toy" / "latest" / "verdict.json").read_text()) == MINE


def test_latest_follows_the_last_run(runs: Path) -> None:
    """The link moves on with each run, and is never missing or a run of its own."""
    finished(1, MINE)
    last = finished(2, MINE)

    assert (runs / "toy" / "latest").resolve() == last
    assert [folder.name for folder in history.runs("toy")] == ["20261123-210501-ab12", "20261123-210502-ab12"]


def test_a_run_without_a_verdict_is_none(runs: Path) -> None:
    """A run that was interrupted counts for nothing."""
    finished(1, MINE)
    history.new_folder(paths.runs_of("toy") / "20261123-210502-ab12")

    assert [folder.name for folder in history.runs("toy")] == ["20261123-210501-ab12"]
    assert history.last_verdict("toy") == MINE


def test_the_last_run_is_the_last_one_however_the_clock_was_set() -> None:
    """A clock that was set back, or another time zone, does not make an older run the last one."""
    finished(30, MINE)
    last = finished(10, MINE)

    assert history.last_run("toy") == last


def test_a_lab_that_was_never_run_has_no_verdict() -> None:
    """Without a run there is neither a verdict nor a recording to compare with."""
    assert (history.runs("toy"), history.last_verdict("toy"), history.shipped_recording("toy")) == ([], None, None)


def test_old_runs_are_forgotten_but_the_shipped_one() -> None:
    """The newest twenty runs are kept, and beyond them the last one as shipped, to compare with."""
    finished(0, BROKEN_AS_SHIPPED)
    finished(1, BROKEN_AS_SHIPPED)
    for number in range(2, 26):
        finished(number, MINE)
    history.new_folder(paths.runs_of("toy") / "20261123-210599-ab12")

    seconds = [int(folder.name[13:15]) for folder in history.runs("toy")]
    assert seconds == [1, *range(6, 26)]
    assert history.shipped_run("toy") == history.runs("toy")[0]


def test_runs_of_proofs_are_kept_elsewhere(tmp_path: Path) -> None:
    """A run within a folder of its own is not among the lab's."""
    folder = history.new_folder(tmp_path / "proof" / "20261123-210501-ab12")
    history.finish(folder, {"lab": "toy"}, MINE)

    assert [path.name for path in (tmp_path / "proof").iterdir()] == [folder.name]
    assert history.runs("toy") == []


def test_an_unknown_run_is_no_picture_of_the_lab_as_shipped() -> None:
    """Only a judged run as shipped is compared with."""
    finished(1, BROKEN_AS_SHIPPED)
    finished(2, {"verdict": "UNKNOWN", "variant": "as shipped"})

    assert history.shipped_run("toy") == history.runs("toy")[0]


@pytest.mark.parametrize("text", ["", "{", "[1"])
def test_a_torn_file_reads_as_none(tmp_path: Path, text: str) -> None:
    """A file that was not written to its end is like none."""
    (tmp_path / "verdict.json").write_text(text)

    assert history.read(tmp_path / "verdict.json") is None
    assert history.read(tmp_path / "missing.json") is None


def test_progress_is_remembered() -> None:
    """A lab is tried with its first run, and solved for good with its first FIXED."""
    assert (Progress("toy").tried, Progress("toy").solved) == (False, False)

    Progress("toy").note(solved=False)
    assert (Progress("toy").tried, Progress("toy").solved) == (True, False)

    Progress("toy").note(solved=True)
    Progress("toy").note(solved=False)
    assert Progress("toy").solved


def test_hints_are_counted_for_each_check() -> None:
    """Each check has its own number of hints shown, beside the rest of the progress."""
    Progress("toy").note(solved=True)
    Progress("toy").saw_hint("a", 2)
    Progress("toy").saw_hint("b", 1)

    progress = Progress("toy")
    assert (progress.hints_seen("a"), progress.hints_seen("b"), progress.hints_seen("c")) == (2, 1, 0)
    assert progress.solved


@pytest.mark.parametrize(
    "text", ["[]", '"FIXED"', "null", "{", '{"verdict": 3}', '{"verdict": "BROKEN", "checks": [1]}', "[" * 100_000]
)
def test_a_damaged_verdict_is_one_message(text: str) -> None:
    """It names the file, and the command that writes a new one."""
    folder = finished(1, MINE)
    (folder / "verdict.json").write_text(text)

    with pytest.raises(OutageError, match=r"verdict\.json is not what a run writes(?s:.*)make check-toy"):
        history.last_verdict("toy")


@pytest.mark.parametrize("text", ["[]", "{", '{"hints": [1], "solved": 1}', '{"hints": {"a": "many"}}'])
def test_damaged_progress_is_no_progress(text: str) -> None:
    """A file of progress that somebody changed costs the hints that were counted, and nothing else."""
    finished(1, MINE)
    paths.state_of("toy").write_text(text)

    assert Progress("toy").hints_seen("a") == 0
    Progress("toy").saw_hint("a", 1)
    assert Progress("toy").hints_seen("a") == 1


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.EROFS, "read-only"),
        (errno.ENOSPC, "the disk is full"),
        (errno.EACCES, "chmod|chown"),
        (errno.EMFILE, "ulimit -n"),
    ],
)
def test_what_keeps_a_record_from_being_written_is_one_message(
    monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    """Which file, why, what helps; and half a file is not left behind."""
    folder = finished(1, MINE)
    real = Path.write_text

    def refused(path: Path, *args: Any, **named: Any) -> int:
        real(path, "{", encoding="utf-8")
        raise OSError(number, "no", str(path))

    monkeypatch.setattr(Path, "write_text", refused)
    with pytest.raises(OutageError, match=says):
        history.finish(folder, {"lab": "toy"}, MINE)

    assert history.last_verdict("toy") == MINE
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
