"""Is what a run judges the student's files, or the submission over the shipped ones, and nothing else?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from toys import copy

from harness.errors import OutageError
from harness.lab import files, submission, work
from harness.lab.manifest import Lab


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy with a copy for the student."""
    found = copy("01-always-fixed", tmp_path / "labs")
    work.prepare(found)
    return found


def handed_in(tmp_path: Path, *names: str) -> Path:
    """A folder that somebody hands in, with these files."""
    folder = tmp_path / "submission"
    folder.mkdir()
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("app = 'submitted'\n")
    return folder


def test_a_snapshot_has_the_students_files_and_no_others(lab: Lab, tmp_path: Path) -> None:
    """What is judged is a copy: later edits do not reach it, other files are not in it."""
    (lab.work / "shop" / "helper.py").write_text("help = 1\n")
    (lab.work / "shop" / "app.py").write_text("app = 'mine'\n")
    to = submission.snapshot(lab, tmp_path / "files")
    (lab.work / "shop" / "app.py").write_text("edited later")

    assert (to / "shop" / "app.py").read_text() == "app = 'mine'\n"
    assert files.names(to) == ["shop/app.py"]


def test_services_may_read_a_snapshot(lab: Lab, tmp_path: Path) -> None:
    """Files of a snapshot can be read by every user, also where the student's own cannot."""
    (lab.work / "shop" / "app.py").chmod(0o600)
    to = submission.snapshot(lab, tmp_path / "files")

    modes = [oct(path.stat().st_mode)[-3:] for path in (to, to / "shop", to / "shop" / "app.py")]
    assert modes == ["755", "755", "644"]


def test_a_submission_is_laid_over_the_shipped_files(tmp_path: Path) -> None:
    """The student's own edits have no part in somebody else's verdict."""
    lab = copy("06-two-workers", tmp_path / "labs")
    work.prepare(lab)
    (lab.work / "post" / "settings.toml").write_text("edited = true\n")

    to = submission.snapshot(lab, tmp_path / "files", handed_in(tmp_path, "post/asks.py"))

    assert (to / "post" / "asks.py").read_text() == "app = 'submitted'\n"
    assert (to / "post" / "settings.toml").read_text() == (lab.broken / "post" / "settings.toml").read_text()


@pytest.mark.parametrize("stranger", ["compose.yaml", "drill.py", "checks.py", "shop/extra.py", "app.py"])
def test_a_stranger_is_refused(lab: Lab, tmp_path: Path, stranger: str) -> None:
    """A submission that holds anything but editable files is refused, and the stranger is named."""
    overlay = handed_in(tmp_path, "shop/app.py", stranger)

    with pytest.raises(OutageError, match=rf"may hold shop/app.py, and nothing else. This one has '{stranger}'"):
        submission.snapshot(lab, tmp_path / "files", overlay)


def test_an_empty_submission_is_refused(lab: Lab, tmp_path: Path) -> None:
    """Nothing would be the lab as shipped."""
    with pytest.raises(OutageError, match="This one is empty"):
        submission.submitted(lab, handed_in(tmp_path))


def test_a_submission_that_is_not_there_is_refused(lab: Lab, tmp_path: Path) -> None:
    """A wrong path is said to be one."""
    with pytest.raises(OutageError, match=r"nowhere: there is no such folder of files to check"):
        submission.submitted(lab, tmp_path / "nowhere")


@pytest.mark.parametrize("linked", ["file", "stranger", "folder", "whole"])
def test_links_are_refused(lab: Lab, tmp_path: Path, linked: str) -> None:
    """A submission cannot reach files outside of itself."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "app.py").write_text("secret")
    overlay = handed_in(tmp_path, *(["shop/app.py"] if linked in ("stranger", "folder") else []))
    if linked == "file":
        (overlay / "shop").mkdir()
    link, target = {
        "file": (overlay / "shop" / "app.py", outside / "app.py"),
        "stranger": (overlay / "shop" / "notes.py", outside / "app.py"),
        "folder": (overlay / "more", outside),
        "whole": (overlay / "shop", outside),
    }[linked]
    link.symlink_to(target)

    with pytest.raises(OutageError, match=r"and nothing else|is a link"):
        submission.submitted(lab, overlay)


def test_a_large_file_is_refused_before_it_is_copied(lab: Lab, tmp_path: Path) -> None:
    """A file of 300 MB, sparse or not, is refused by its size, and nothing of it is read beyond the limit."""
    overlay = handed_in(tmp_path, "shop/app.py")
    os.truncate(overlay / "shop" / "app.py", 300 * 1024 * 1024)

    with pytest.raises(OutageError, match=r"shop/app\.py is larger than 1 MiB"):
        submission.snapshot(lab, tmp_path / "files", overlay)
    assert not (tmp_path / "files").exists()


def test_a_pipe_is_refused_at_once(lab: Lab, tmp_path: Path) -> None:
    """A pipe that nobody writes to does not hang the command."""
    overlay = handed_in(tmp_path)
    (overlay / "shop").mkdir()
    os.mkfifo(overlay / "shop" / "app.py")

    with pytest.raises(OutageError, match=r"shop/app\.py is no plain file"):
        submission.submitted(lab, overlay)


def test_bytes_that_are_no_text_are_still_the_students(lab: Lab, tmp_path: Path) -> None:
    """What cannot be decoded is judged as it is: Python says what is wrong with it."""
    overlay = handed_in(tmp_path, "shop/app.py")
    (overlay / "shop" / "app.py").write_bytes(b"app = '\xff'\n")

    assert submission.submitted(lab, overlay)["shop/app.py"] == b"app = '\xff'\n"
