"""Is the student's copy theirs: made once, never overwritten, told apart from the shipped files, and put back whole?"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from toys import copy

from harness import paths
from harness.errors import OutageError
from harness.lab import work
from harness.lab.manifest import Lab

NAME = "shop/app.py"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy with a copy for the student."""
    found = copy("02-always-broken", tmp_path / "labs")
    assert work.prepare(found)
    return found


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file that is none of the lab's business."""
    path = tmp_path / "outside.py"
    path.write_text("mine = True\n")
    return path


def shipped(lab: Lab) -> str:
    """The shipped text of the toy's one file."""
    return (lab.broken / NAME).read_text()


def mine(lab: Lab) -> Path:
    """The student's file."""
    return lab.work / NAME


def reset(lab: Lab) -> tuple[list[str], Path]:
    """Put the student's files back."""
    return work.reset(lab, paths.runs_of(lab.slug))


def test_the_copy_is_that_of_the_shipped_files(lab: Lab) -> None:
    """The first command copies broken/, readable for the services, and counts as unchanged."""
    assert mine(lab).read_text() == shipped(lab)
    assert (work.changed(lab), work.as_shipped(lab), work.diff(lab)) == ([], True, "")
    modes = [oct(path.stat().st_mode)[-3:] for path in (lab.work, mine(lab).parent, mine(lab))]
    assert modes == ["755", "755", "644"]


def test_a_narrow_umask_does_not_lock_the_services_out(tmp_path: Path) -> None:
    """A copy made under umask 077 can be read by the users that services run as."""
    lab = copy("02-always-broken", tmp_path / "labs")
    before = os.umask(0o077)
    try:
        work.prepare(lab)
    finally:
        os.umask(before)

    work.require_present(lab)


def test_what_is_there_is_never_overwritten(lab: Lab) -> None:
    """A second command leaves the student's edits alone."""
    mine(lab).write_text("edited = 1\n")

    assert work.prepare(lab) is False
    assert mine(lab).read_text() == "edited = 1\n"


def test_edits_are_told_without_git(lab: Lab) -> None:
    """A changed, emptied or deleted file counts as changed, and the diff names it by its own name."""
    mine(lab).write_text(shipped(lab) + "more = 1\n")
    assert work.changed(lab) == [NAME]
    assert "+++ b/shop/app.py" in work.diff(lab)
    assert "\n+more = 1\n" in work.diff(lab)

    mine(lab).unlink()
    assert (work.changed(lab), work.as_shipped(lab)) == ([NAME], False)
    assert "+++ /dev/null" in work.diff(lab)


def test_reset_puts_back_and_keeps_what_was(lab: Lab) -> None:
    """Reset names what had changed, copies the shipped files, and keeps the edits beside the runs."""
    mine(lab).write_text("edited = 1\n")
    (lab.work / "shop" / "notes.txt").write_text("an idea")

    names, kept = reset(lab)

    assert (names, mine(lab).read_text(), work.as_shipped(lab)) == ([NAME], shipped(lab), True)
    assert kept.parent == paths.runs_of(lab.slug)
    assert (kept / NAME).read_text() == "edited = 1\n"
    assert (kept / "shop" / "notes.txt").read_text() == "an idea"


def test_reset_brings_back_what_was_deleted(lab: Lab) -> None:
    """A deleted file, and a deleted folder, are there again; the message before that said to reset."""
    mine(lab).unlink()
    mine(lab).parent.rmdir()
    with pytest.raises(OutageError, match=r"(?s)shop/app\.py is gone.*What next: cp .*make reset-always-broken"):
        work.own(lab)

    reset(lab)

    assert mine(lab).read_text() == shipped(lab)


def test_reset_keeps_the_folders_that_a_stack_has_mounted(lab: Lab) -> None:
    """A stack that is up serves the shipped file after a reset: its folder is still the same one."""
    before = mine(lab).parent.stat().st_ino
    mine(lab).write_text("edited = 1\n")
    reset(lab)

    assert mine(lab).parent.stat().st_ino == before


@pytest.mark.parametrize("linked", ["file", "folder"])
def test_reset_does_not_write_through_a_link(lab: Lab, outside: Path, tmp_path: Path, linked: str) -> None:
    """A link in the copy makes way for the shipped file; what it led to is as it was."""
    if linked == "file":
        mine(lab).unlink()
        mine(lab).symlink_to(outside)
    else:
        elsewhere = tmp_path / "elsewhere"
        mine(lab).parent.rename(elsewhere)
        (elsewhere / "app.py").write_text("mine = True\n")
        outside = elsewhere / "app.py"
        (lab.work / "shop").symlink_to(elsewhere)

    reset(lab)

    assert outside.read_text() == "mine = True\n"
    assert (mine(lab).is_symlink(), mine(lab).parent.is_symlink(), mine(lab).read_text()) == (
        False,
        False,
        shipped(lab),
    )


def odd(path: Path, kind: str) -> None:
    """Put something there that is no plain file."""
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as listening:
            here = Path.cwd()
            os.chdir(path.parent)  # a socket's path may not be long
            try:
                listening.bind(path.name)
            finally:
                os.chdir(here)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("nowhere.py")


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "dangling link"])
def test_what_is_no_plain_file_is_refused_by_name_and_reset(lab: Lab, kind: str) -> None:
    """A pipe, a socket, a folder or a link in a file's place is one message, nothing hangs, and reset puts it right."""
    odd(mine(lab), kind)

    with pytest.raises(OutageError, match=r"shop/app\.py (is no plain file|is a link|cannot be read)"):
        work.own(lab)
    assert work.changed(lab) == [NAME]

    reset(lab)
    assert mine(lab).read_text() == shipped(lab)


@pytest.mark.parametrize("name", [".#app.py", "app.py~", ".app.py.swp", "__pycache__"])
def test_what_editors_leave_is_nothing(lab: Lab, name: str) -> None:
    """Lock files, back-ups and caches beside the student's files are neither judged nor told as strangers."""
    odd(lab.work / "shop" / name, "dangling link")

    assert (list(work.own(lab)), work.strangers(lab), work.as_shipped(lab)) == ([NAME], [], True)


def test_strangers_are_told(lab: Lab) -> None:
    """A file of the student's that no service gets is named, so that nobody waits for its effect."""
    (lab.work / "shop" / "helper.py").write_text("help = 1\n")

    assert work.strangers(lab) == ["shop/helper.py"]


def test_a_file_that_the_services_cannot_read_is_said(lab: Lab) -> None:
    """A private file would only make the service fail: the message has the command that opens it."""
    mine(lab).chmod(0o600)

    with pytest.raises(OutageError, match=r"only you may read this file.*chmod -R o\+rX"):
        work.require_present(lab)


def test_an_edit_in_the_wrong_place_is_noticed(lab: Lab) -> None:
    """When broken/ is no longer what the copy was made from, that can be told."""
    assert work.shipped_has_changed(lab) is False
    (lab.broken / NAME).write_text("edited = 'in the wrong place'\n")

    assert work.shipped_has_changed(lab) is True


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the student's folder cannot be made, the message says where and what to look at."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OUTAGE_WORK", str(tmp_path / "file" / "work"))

    with pytest.raises(OutageError, match=r"file.*Not a directory.*What next"):
        work.prepare(copy("02-always-broken", tmp_path / "labs"))
