"""Does a lab.toml that says something wrong get an error with file, key and what was expected?"""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import paths
from harness.errors import ManifestError
from harness.lab import manifest

TOML = """\
title = "Toy"
summary = "It breaks."
level = 2
minutes = 25
symptom = "orders_are_taken"
entry = "shop/orders"
memory_mib = 64
may_end = ["worker"]
"""


def written(tmp_path: Path, text: str = TOML, name: str = "07-toy") -> Path:
    """A lab's folder with this lab.toml."""
    folder = tmp_path / name
    folder.mkdir()
    (folder / "lab.toml").write_text(text)
    return folder


def test_a_lab_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Every key of lab.toml is found in the Lab, and number and slug come from the folder's name."""
    lab = manifest.read(written(tmp_path))

    assert (lab.number, lab.slug, lab.title, lab.level, lab.minutes) == (7, "toy", "Toy", 2, 25)
    assert (lab.symptom, lab.entry, lab.may_end) == ("orders_are_taken", "shop/orders", ("worker",))
    assert (lab.memory_mib, lab.limit_seconds) == (64, 60.0)


def test_paths_follow_from_the_folder(tmp_path: Path) -> None:
    """Every path of a lab is computed from its folder and slug, never configured."""
    folder = written(tmp_path)
    lab = manifest.read(folder)

    own = (
        lab.compose,
        lab.locustfile,
        lab.broken,
        lab.stack,
        lab.drill,
        lab.checks,
        lab.fixes,
        lab.decoys,
        lab.debrief,
    )
    assert [path.relative_to(folder).as_posix() for path in own] == [
        "compose.yaml", "locustfile.py", "broken", "stack", "drill", "drill/checks.py",
        "solution/fixes", "solution/decoys", "solution/DEBRIEF.md",
    ]  # fmt: skip
    assert lab.work == paths.work_root() / "toy"


@pytest.mark.parametrize(
    ("line", "instead", "said"),
    [
        ('title = "Toy"', "", "`title` must be a text, but is nothing"),
        ('title = "Toy"', 'title = " "', "`title` must be a text, but is ' '"),
        ('summary = "It breaks."', "summary = 3", "`summary` must be a text, but is 3"),
        ("level = 2", "level = 4", "`level` must be 1, 2 or 3, but is 4"),
        ("level = 2", "level = true", "`level` must be a whole number above 0, but is True"),
        ("minutes = 25", "minutes = 0", "`minutes` must be a whole number above 0, but is 0"),
        ("minutes = 25", "minutes = 2.5", "`minutes` must be a whole number above 0, but is 2.5"),
        ("memory_mib = 64", "", "`memory_mib` must be a whole number above 0, but is nothing"),
        ("memory_mib = 64", "memory_mib = 64\nlimit_seconds = -1", "`limit_seconds` must be a whole number above 0"),
        ('entry = "shop/orders"', "entry = []", "`entry` must be a text, but is []"),
        ('symptom = "orders_are_taken"', 'symptom = "test_orders"', "`symptom` must be a check's name without test_"),
        ('symptom = "orders_are_taken"', 'symptom = "Orders!"', "`symptom` must be a check's name without test_"),
        ('may_end = ["worker"]', "may_end = []", "`may_end` must be a list of texts, not empty, but is []"),
        ('may_end = ["worker"]', "", None),
        ('title = "Toy"', 'title = "Toy"\ntitel = "Toy"', "`titel` is no key of a lab; the keys are entry, level"),
        ('may_end = ["worker"]', "editable = []", "`editable` is no key of a lab"),
        ("level = 2", "level = ", "not valid TOML"),
    ],
)
def test_an_error_names_file_key_and_what_was_expected(
    tmp_path: Path, line: str, instead: str, said: str | None
) -> None:
    """Each wrong value is refused with the file, the key and what it must be; what may be left out may."""
    assert line in TOML
    folder = written(tmp_path, TOML.replace(line, instead))

    if said is None:
        assert manifest.read(folder).may_end == ()
        return
    with pytest.raises(ManifestError) as caught:
        manifest.read(folder)
    assert str(folder / "lab.toml") in str(caught.value)
    assert said in str(caught.value)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    """A lab's folder without lab.toml is told to copy one."""
    (tmp_path / "07-toy").mkdir()

    with pytest.raises(ManifestError, match=r"07-toy/lab.toml: a lab needs this file; copy one"):
        manifest.read(tmp_path / "07-toy")


@pytest.mark.parametrize("name", ["7-toy", "07_toy", "07-Toy", "toy", "07-toy-"])
def test_a_folder_is_named_by_number_and_slug(tmp_path: Path, name: str) -> None:
    """A folder of another shape is refused with an example of the right one."""
    with pytest.raises(ManifestError, match="named like 07-cache-stampede"):
        manifest.read(written(tmp_path, name=name))


def test_a_file_that_is_no_text_is_not_a_traceback(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 get the same message as broken TOML."""
    folder = written(tmp_path)
    (folder / "lab.toml").write_bytes(b"title = \xff\xfe")

    with pytest.raises(ManifestError, match="not valid TOML"):
        manifest.read(folder)
