"""Which images does a lab need, and when does an image get another name?"""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from harness.setup import images

CACHED = (images.names, images.tags, images._parents, images._digest)


def forget() -> None:
    """As in a new process."""
    for function in CACHED:
        function.cache_clear()


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A services/ with a base, an image on it, and one on that."""
    for name, parent in (("base", "debian:trixie-slim"), ("python", "${BASE}"), ("card-gateway", "${PYTHON}")):
        folder = tmp_path / "services" / name
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text(f"ARG X\nFROM {parent}\n")
    (tmp_path / "authorities").mkdir()
    monkeypatch.setattr(images, "SERVICES", tmp_path / "services")
    monkeypatch.setenv("OUTAGE_CA_DIR", str(tmp_path / "authorities"))
    forget()
    yield tmp_path / "services"
    forget()


def tags() -> dict[str, str]:
    """The tags as they are now."""
    forget()
    return dict(images.tags())


def test_a_changed_file_renames_its_image_and_those_built_on_it(services: Path) -> None:
    """An edit of python/ gives python and card-gateway new tags and leaves base alone."""
    before = tags()
    (services / "python" / "kit.py").write_text("x = 1\n")
    after = tags()
    assert [name for name in after if after[name] != before[name]] == ["card-gateway", "python"]


@pytest.mark.usefixtures("services")
def test_a_new_authority_of_the_host_renames_every_image(tmp_path: Path) -> None:
    """An image that does not trust the host's proxy is not taken for one that does."""
    before = tags()
    (tmp_path / "authorities" / "company.crt").write_text("certificate\n")
    after = tags()
    assert all(after[name] != before[name] for name in before)


@pytest.mark.usefixtures("services")
def test_an_authority_is_in_the_base_only(tmp_path: Path) -> None:
    """The build context of the base carries the host's authorities, that of others an empty folder."""
    (tmp_path / "authorities" / "company.crt").write_text("certificate\n")

    def packed(name: str) -> list[str]:
        return tarfile.open(fileobj=BytesIO(images._context(name))).getnames()

    assert packed("base") == ["ca", "Dockerfile", "ca/00-company.crt"]
    assert packed("python") == ["ca", "Dockerfile"]


def test_bytecode_does_not_rename_an_image(services: Path) -> None:
    """What Python leaves beside the sources is no part of the image."""
    before = tags()
    (services / "python" / "__pycache__").mkdir()
    (services / "python" / "__pycache__" / "kit.pyc").write_bytes(b"x")
    assert tags() == before


@pytest.mark.usefixtures("services")
def test_parents_come_first() -> None:
    """What an image is built from stands before it, once."""
    assert images.with_parents(["card-gateway", "python"]) == ["base", "python", "card-gateway"]


@pytest.mark.usefixtures("services")
def test_a_lab_needs_what_its_compose_file_and_the_extended_files_name(tmp_path: Path) -> None:
    """Names are followed through `extends`, also in a circle."""
    (tmp_path / "lab").mkdir()
    compose = tmp_path / "lab" / "compose.yaml"
    compose.write_text(
        "services: {a: {extends: {file: ../part.yaml, service: p}, image: '${OUTAGE_IMAGE_CARD_GATEWAY}'}}"
    )
    (tmp_path / "part.yaml").write_text(
        "services: {p: {image: '${OUTAGE_IMAGE_PYTHON:?x}'}}  # file: lab/compose.yaml\n"
    )
    assert images.needed(compose) == ["card-gateway", "python"]


def test_a_lab_without_a_compose_file_needs_nothing(tmp_path: Path) -> None:
    """Set-up leaves it to the verb to say what is wrong with the lab."""
    assert images.needed(tmp_path / "compose.yaml") == []


def test_proxies_and_an_index_reach_the_build(services: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies always, an index only where the Dockerfile takes one, and never their values on the command line."""
    (services / "python" / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nARG PIP_INDEX_URL\n")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("PIP_INDEX_URL", "http://index/simple")
    assert {"HTTPS_PROXY", "PIP_INDEX_URL"} <= set(images._from_environment("python"))
    assert "PIP_INDEX_URL" not in images._from_environment("base")
    assert all("proxy:3128" not in flag for flag in images._flags("python", {}))


def test_a_proxy_on_this_machine_is_reached_from_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 of a build is not the host's, unless it is given the host's network."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    assert "--network=host" in images._flags("base", {})


def test_each_shared_part_names_an_image_that_is_there() -> None:
    """compose/<name>.yaml uses services/<name>/, without root, capabilities, or a way to write."""
    root = Path(images.__file__).parents[2]
    for part in sorted((root / "compose").glob("*.yaml")):
        if part.name != "network.yaml":
            text = part.read_text()
            assert images.needed(part) == [part.stem]
            for line in ("cap_drop: [ALL]", "no-new-privileges:true", "read_only: true", "mem_limit:", "pids_limit:"):
                assert line in text, (part, line)
