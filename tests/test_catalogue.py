"""Are labs found by every name that a student may type, and doubles refused?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from toys import copy

from harness.errors import ManifestError, UnknownLabError
from harness.lab import catalogue


@pytest.fixture
def several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two labs, and things beside them that are none."""
    folder = tmp_path / "labs"
    for name in ("01-always-fixed", "02-always-broken"):
        copy(name, folder)
    (folder / "README.md").write_text("the index")
    (folder / "notes").mkdir()
    monkeypatch.setenv("OUTAGE_LABS", str(folder))
    return folder


@pytest.mark.parametrize("name", ["always-broken", "2", "02", "02-always-broken"])
def test_a_lab_has_a_slug_a_number_and_a_folder(several: Path, name: str) -> None:
    """Slug, number with or without zero, and folder name all lead to the same lab."""
    assert catalogue.lab(name).folder == several / "02-always-broken"


def test_labs_come_by_number(several: Path) -> None:
    """All labs are found by their folders, in order, and what is no lab is left out."""
    assert [lab.slug for lab in catalogue.labs()] == ["always-fixed", "always-broken"]


@pytest.mark.parametrize(
    ("typed", "meant"), [("always-brocken", "always-broken"), ("fixed", "always-fixed"), ("01-allways-fixed", "01-")]
)
def test_a_wrong_name_gets_the_nearest(several: Path, typed: str, meant: str) -> None:
    """The error of an unknown lab suggests the nearest name and the command that shows all."""
    with pytest.raises(UnknownLabError, match=rf"no lab called '{typed}'. Did you mean {meant}.*`make list` shows all"):
        catalogue.lab(typed)


def test_a_name_like_nothing_gets_no_guess(several: Path) -> None:
    """Where no name is near, none is suggested."""
    with pytest.raises(UnknownLabError) as caught:
        catalogue.lab("qqq")
    assert "Did you mean" not in str(caught.value)


def test_two_labs_of_one_number_are_refused(several: Path) -> None:
    """Two folders with one number are an error that names both."""
    (several / "01-always-fixed").rename(several / "02-always-fixed")

    with pytest.raises(ManifestError, match=r"02-always-broken and .*02-always-fixed have the same number or slug"):
        catalogue.labs()


def test_two_labs_of_one_slug_are_refused(several: Path) -> None:
    """Two folders with one slug are an error, also when another lab stands between them."""
    shutil.copytree(several / "01-always-fixed", several / "03-always-fixed")

    with pytest.raises(ManifestError, match="have the same number or slug"):
        catalogue.labs()


def test_a_broken_lab_does_not_hide_its_neighbours(several: Path) -> None:
    """A bad lab.toml is an error of that lab alone."""
    (several / "01-always-fixed" / "lab.toml").write_text("level =")

    assert catalogue.lab("always-broken").number == 2
    with pytest.raises(ManifestError, match=r"01-always-fixed/lab.toml"):
        catalogue.lab("1")


def test_a_folder_named_wrongly_is_told_so(several: Path) -> None:
    """A folder with a lab.toml but without a lab's name is not passed over."""
    (several / "01-always-fixed").rename(several / "always_fixed")

    with pytest.raises(ManifestError, match="named like 07-cache-stampede"):
        catalogue.labs()
