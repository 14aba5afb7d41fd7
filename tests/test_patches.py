"""Are decoys small, whole and right: does a patch bring back the very files that it was made from?"""

from __future__ import annotations

from pathlib import Path

import pytest
from toys import copy

from harness.errors import ManifestError, OutageError
from harness.lab import patches, variants
from harness.lab.manifest import Lab
from harness.lab.patches import Decoy

BASE = {"shop/app.py": "".join(f"line = {number}\n" for number in range(40)), "shop/settings.toml": "pool = 5\n"}
HERE = Path("solution/decoys/wrong.patch")
DECOY = Decoy("wrong", "fixes/right", "orders_are_taken", "it is quick", "it is wrong", "")


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy with a fix and a decoy."""
    return copy("02-always-broken", tmp_path / "labs")


@pytest.mark.parametrize(
    "changed",
    [
        BASE | {"shop/app.py": BASE["shop/app.py"].replace("line = 3\n", "").replace("line = 30\n", "x = 1\ny = 1\n")},
        BASE | {"shop/settings.toml": "pool = 50\n", "shop/app.py": "line = 0\n"},
        BASE | {"shop/settings.toml": ""},
        {"shop/app.py": BASE["shop/app.py"]},
        BASE | {"shop/more.py": "more = 1\n"},
        {name: text.replace("line", "Zeile ü ") for name, text in BASE.items()},
    ],
    ids=["lines", "two files", "emptied", "deleted", "added", "every line"],
)
def test_a_patch_brings_back_what_it_was_made_from(changed: dict[str, str]) -> None:
    """Base and patch together are the changed files, to the letter."""
    assert patches.applied(BASE, patches.difference(BASE, changed), HERE) == changed


def test_no_change_is_no_patch() -> None:
    """The same files differ by nothing."""
    assert patches.difference(BASE, dict(BASE)) == ""


def test_a_patch_that_no_longer_fits_is_an_error() -> None:
    """When the base has changed under it, the error names the patch, the file and the command that renews it."""
    diff = patches.difference(BASE, BASE | {"shop/app.py": BASE["shop/app.py"].replace("line = 7\n", "line = 8\n")})
    moved = BASE | {"shop/app.py": "new = 1\n" + BASE["shop/app.py"]}

    with pytest.raises(ManifestError, match=r"wrong\.patch: no longer fits shop/app\.py: .*outage decoy"):
        patches.applied(moved, diff, HERE)


def test_a_header_without_a_diff_is_an_error() -> None:
    """A patch that changes nothing is no decoy."""
    with pytest.raises(ManifestError, match="has no diff below its header"):
        patches.applied(BASE, "", HERE)


def test_a_decoy_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Header and diff come back the same."""
    decoy = Decoy("wrong", "broken", "x", "because: of a colon", "y", patches.difference(BASE, {}))
    patches.write(decoy, tmp_path / "wrong.patch")

    assert patches.read(tmp_path / "wrong.patch") == decoy


@pytest.mark.parametrize("line", patches.HEADER)
def test_each_line_of_the_header_is_wanted(tmp_path: Path, line: str) -> None:
    """A header line that is missing or empty is named."""
    path = tmp_path / "wrong.patch"
    patches.write(DECOY, path)
    kept = [text for text in path.read_text().splitlines(keepends=True) if not text.startswith(f"{line}:")]
    path.write_text("".join(kept))

    with pytest.raises(ManifestError, match=rf"the header has no line `{line}: …`"):
        patches.read(path)


def test_a_lab_has_its_variants(lab: Lab) -> None:
    """As shipped, each fix and each decoy have all editable files, each other ones, and their check."""
    found = variants.of(lab)

    assert [(one.name, one.file_name, one.caught_by) for one in found] == [
        ("as shipped", "as-shipped", "orders_are_taken"),
        ("fix right", "fix-right", None),
        ("decoy wrong", "decoy-wrong", "orders_are_taken"),
    ]
    texts = [one.files()["shop/app.py"] for one in found]
    assert len(set(texts)) == 3


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("broken", "as shipped"), ("fix right", "fix right"), ("right", "fix right"), ("fixes/right", "fix right"),
     ("decoy-wrong", "decoy wrong"), ("wrong", "decoy wrong")],
)  # fmt: skip
def test_a_variant_has_the_names_that_people_type(lab: Lab, typed: str, meant: str) -> None:
    """Name, short name and path all lead to the variant."""
    assert variants.named(lab, typed).name == meant


def test_a_wrong_variant_gets_the_nearest(lab: Lab) -> None:
    """The error has the nearest name and all that there are."""
    with pytest.raises(
        OutageError, match=r"no variant 'fix rigth'. Did you mean 'fix right'\? It has: as shipped, fix"
    ):
        variants.named(lab, "fix rigth")


def test_a_base_that_is_not_there_is_an_error(lab: Lab) -> None:
    """A decoy of a fix that was renamed is an error that names the patch and the base."""
    path = lab.decoys / "wrong.patch"
    path.write_text(path.read_text().replace("Base: broken", "Base: fixes/lost"))

    with pytest.raises(ManifestError, match=r"wrong\.patch: the base 'fixes/lost' is neither"):
        variants.named(lab, "wrong").files()
