"""Are the files of a run the student's or the submission's and no others, and can edits be told and taken back?"""

from __future__ import annotations

from pathlib import Path

import pytest
from toys import commit, copy, git

from harness.lab import files
from harness.errors import OutageError
from harness.lab.manifest import Lab, read

SHIPPED = "taken=True"


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy that no Git knows."""
    return copy("01-always-fixed", tmp_path / "labs")


@pytest.fixture
def shipped(origin: Path) -> Lab:
    """A toy that is committed as it is shipped."""
    found = copy("01-always-fixed", origin / "labs")
    commit(origin)
    return found


def submission(tmp_path: Path, *names: str) -> Path:
    """A folder that somebody hands in, with these files."""
    folder = tmp_path / "submission"
    folder.mkdir()
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("app = 'submitted'\n")
    return folder


def test_a_snapshot_is_a_copy(lab: Lab, tmp_path: Path) -> None:
    """A snapshot has the lab's files but the solution, the README and caches, and later edits do not reach it."""
    (lab.folder / "README.md").write_text("02:15")
    (lab.folder / "shop" / "__pycache__").mkdir()

    to = files.snapshot(lab, tmp_path / "files")
    (lab.folder / "shop" / "app.py").write_text("edited later")

    assert SHIPPED in (to / "shop" / "app.py").read_text()
    assert (to / "drill.py").exists()
    assert not [name for name in ("solution", "README.md", "shop/__pycache__") if (to / name).exists()]


def test_services_may_read_a_snapshot(lab: Lab, tmp_path: Path) -> None:
    """Files of a snapshot are readable for every user, also where the student's own are not."""
    (lab.folder / "shop" / "app.py").chmod(0o600)
    (lab.folder / "shop").chmod(0o700)

    to = files.snapshot(lab, tmp_path / "files")

    assert [oct(path.stat().st_mode)[-3:] for path in (to, to / "shop", to / "shop" / "app.py")] == [
        "755",
        "755",
        "644",
    ]


def test_an_overlay_is_laid_over_the_copy(lab: Lab, tmp_path: Path) -> None:
    """A submission's file replaces the lab's in the snapshot, and the lab's own is untouched."""
    to = files.snapshot(lab, tmp_path / "files", submission(tmp_path, "shop/app.py"))

    assert (to / "shop" / "app.py").read_text() == "app = 'submitted'\n"
    assert SHIPPED in (lab.folder / "shop" / "app.py").read_text()


@pytest.mark.parametrize("stranger", ["compose.yaml", "drill.py", "checks.py", "shop/extra.py", ".hidden", "app.py"])
def test_an_overlay_with_a_stranger_is_refused(lab: Lab, tmp_path: Path, stranger: str) -> None:
    """A submission that holds anything but editable files is refused, and the stranger named."""
    overlay = submission(tmp_path, "shop/app.py", stranger)

    with pytest.raises(OutageError, match=rf"holds shop/app.py and nothing else; this one has {stranger}"):
        files.snapshot(lab, tmp_path / "files", overlay)


def test_an_overlay_without_files_is_refused(lab: Lab, tmp_path: Path) -> None:
    """An empty submission would be the lab as it is: it is refused."""
    with pytest.raises(OutageError, match="this one is empty"):
        files.overlaid(lab, submission(tmp_path))


def test_an_overlay_that_is_not_there_is_refused(lab: Lab, tmp_path: Path) -> None:
    """A wrong path is said to be one."""
    with pytest.raises(OutageError, match=r"nowhere: there is no such folder of files to check"):
        files.overlaid(lab, tmp_path / "nowhere")


@pytest.mark.parametrize("linked", ["file", "folder", "whole"])
def test_an_overlay_with_links_is_refused(lab: Lab, tmp_path: Path, linked: str) -> None:
    """A submission cannot reach files outside of itself by symbolic links."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "app.py").write_text("secret")
    overlay = submission(tmp_path, *([] if linked == "whole" else ["shop/app.py"]))
    link, target = {
        "file": (overlay / "shop" / "notes.py", outside / "app.py"),
        "folder": (overlay / "more", outside),
        "whole": (overlay / "shop", outside),
    }[linked]
    link.symlink_to(target)

    with pytest.raises(OutageError, match="and nothing else; this one"):
        files.overlaid(lab, overlay)


def test_without_git_nothing_is_known(lab: Lab) -> None:
    """Where Git does not know the files, none counts as changed, and reset refuses to touch them."""
    assert (files.changed(lab), files.as_shipped(lab), files.strangers(lab)) == (None, True, [])
    with pytest.raises(OutageError, match="git does not know how these files were; nothing was reset"):
        files.reset(lab)


def test_untouched_files_are_as_shipped(shipped: Lab) -> None:
    """A fresh checkout has no changed file and nothing to reset."""
    assert (files.changed(shipped), files.as_shipped(shipped), files.reset(shipped)) == ([], True, [])
    assert files.diff(shipped) == ""


def test_an_edit_is_seen_and_taken_back(shipped: Lab) -> None:
    """An edited file is listed, shown as a diff, and put back by reset."""
    edited = shipped.folder / "shop" / "app.py"
    edited.write_text(edited.read_text().replace("True", "False"))

    assert (files.changed(shipped), files.as_shipped(shipped)) == (["shop/app.py"], False)
    assert "-    return app.json.response(taken=True)" in files.diff(shipped)
    assert files.reset(shipped) == ["shop/app.py"]
    assert SHIPPED in edited.read_text()
    assert files.as_shipped(shipped)


def test_files_that_are_not_the_students_are_told_and_left(shipped: Lab) -> None:
    """A change outside of `editable` is named, does not make the files the student's, and is not reset."""
    (shipped.folder / "drill.py").write_text("# bent\n")

    assert (files.strangers(shipped), files.as_shipped(shipped)) == (["drill.py"], True)
    assert files.reset(shipped) == []
    assert (shipped.folder / "drill.py").read_text() == "# bent\n"


def test_the_students_own_commits_count_as_edits(origin: Path, shipped: Lab, tmp_path: Path) -> None:
    """In a clone with an upstream, an edit that was committed is still an edit, and reset takes it back."""
    git(tmp_path, "clone", "-q", str(origin), "clone")
    cloned = copy_of(shipped, tmp_path / "clone")
    edited = cloned.folder / "shop" / "app.py"
    edited.write_text("app = 'mine'\n")
    commit(tmp_path / "clone", "my fix")

    assert (files.changed(cloned), files.as_shipped(cloned)) == (["shop/app.py"], False)
    assert "+app = 'mine'" in files.diff(cloned)
    assert files.reset(cloned) == ["shop/app.py"]
    assert SHIPPED in edited.read_text()


def test_what_upstream_changed_is_no_edit(origin: Path, shipped: Lab, tmp_path: Path) -> None:
    """News of upstream that the student has fetched and not merged leave their files as shipped."""
    git(tmp_path, "clone", "-q", str(origin), "clone")
    (shipped.folder / "shop" / "app.py").write_text("app = 'next edition'\n")
    commit(origin, "next edition")
    git(tmp_path / "clone", "fetch", "-q")

    assert files.as_shipped(copy_of(shipped, tmp_path / "clone"))


def copy_of(lab: Lab, clone: Path) -> Lab:
    """The same lab in a clone."""
    return read(clone / "labs" / lab.folder.name)


def test_a_file_that_is_gone_is_said_with_the_way_back(lab: Lab) -> None:
    """A student's file that was deleted is named, with the command that brings it back."""
    files.require_present(lab)
    (lab.folder / "shop" / "app.py").unlink()

    with pytest.raises(OutageError, match=r"shop/app\.py is gone\. make reset-always-fixed brings it back as shipped"):
        files.require_present(lab)
