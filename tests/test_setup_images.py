"""Which images does a lab need, and when does an image get another name?"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from harness import environment, paths
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


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A caller without proxies; the folder of Docker's own configuration, which is empty."""
    for name in environment.PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path


@pytest.mark.usefixtures("no_proxy")
def test_proxies_and_an_index_reach_the_build(services: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies always, an index only where the Dockerfile takes one, and never their values on the command line."""
    (services / "python" / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nARG PIP_INDEX_URL\n")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("PIP_INDEX_URL", "http://index/simple")
    assert images._flags("python", {}) == ["--build-arg=PIP_INDEX_URL", "--build-arg=HTTPS_PROXY"]
    assert images._flags("base", {}) == ["--build-arg=HTTPS_PROXY"]
    assert images._indexes("python") == {"PIP_INDEX_URL": "http://index/simple"}


def test_a_proxy_on_this_machine_is_reached_from_the_build(no_proxy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 of a build is not the host's, unless it is given the host's network; whoever names the proxy."""
    assert images.network_flags("--build-arg") == []
    configured = {"proxies": {"default": {"httpProxy": "http://me:pass@127.0.0.1:3128"}}}
    (no_proxy / "config.json").write_text(json.dumps(configured))
    assert images.network_flags("--build-arg") == ["--network=host"]
    (no_proxy / "config.json").write_text("[")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:3128")
    assert images.network_flags("--env") == ["--env=HTTP_PROXY", "--network=host"]


def test_line_ends_of_the_checkout_are_not_those_of_the_image(services: Path) -> None:
    """Scripts that a checkout has with CRLF run in the image, under the same tag; what is no text is left as it is."""
    script = services / "python" / "start"
    script.write_bytes(b"#!/bin/sh\nset -u\n")
    (services / "python" / "jar").write_bytes(b"\0\r\n")
    before = tags()
    script.write_bytes(b"#!/bin/sh\r\nset -u\r\n")
    assert tags() == before
    context = images._context("python")
    assert b"#!/bin/sh\nset -u\n" in context
    assert b"#!/bin/sh\r" not in context
    assert b"\0\r\n" in context


@pytest.mark.skipif(not (paths.ROOT / ".git").exists(), reason="this is no clone")
def test_a_clone_has_unix_line_ends_whatever_git_is_told(tmp_path: Path) -> None:
    """`core.autocrlf=true`, as on Windows, changes no file that Git takes for text."""
    files = tmp_path / "files"
    files.mkdir()
    shutil.copy(paths.ROOT / ".gitattributes", files)
    (files / "start").write_text("#!/bin/sh\nset -u\n")
    run = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "core.autocrlf=true", "-C"]
    subprocess.run([*run, files, "init", "-q"], check=True)
    subprocess.run([*run, files, "add", "."], check=True, capture_output=True)
    subprocess.run([*run, files, "commit", "-q", "-m", "x"], check=True)
    subprocess.run([*run, tmp_path, "clone", "-q", "-c", "core.autocrlf=true", "files", "clone"], check=True)
    assert b"\r" not in (tmp_path / "clone" / "start").read_bytes()


COMMON = ("cap_drop: [ALL]", "no-new-privileges:true", "read_only: true", "outage.run:")


def test_each_shared_part_names_an_image_that_is_there() -> None:
    """compose/<name>.yaml uses services/<name>/, without root, capabilities, or a way to write, and within limits.

    Or it is a Python service like any other, and changes none of that.
    """
    for part in sorted(paths.COMPOSE.glob("*.yaml")):
        text = part.read_text()
        if part.name == "common.yaml":
            assert [line for line in COMMON if line not in text] == []
        elif "extends: {file: python.yaml, service: python}" in text:
            assert "python" in images.needed(part)
            assert not re.search(r"(user|cap_add|privileged|read_only):", text), part
        elif part.name != "network.yaml":
            assert images.needed(part) == [part.stem]
            for line in (
                "extends: {file: common.yaml, service: common}",
                "user: ",
                "mem_limit:",
                "cpus:",
                "pids_limit:",
            ):
                assert line in text, (part, line)


@pytest.mark.docker
@pytest.mark.parametrize("compose", sorted(paths.ROOT.glob("labs/*/compose.yaml")), ids=lambda path: path.parent.name)
def test_no_service_of_a_lab_gets_a_proxy(compose: Path) -> None:
    """What ~/.docker/config.json gives to every container is taken back in each service, in both spellings."""
    names = ("HOME", "RUN", "LAB", "FILES", "STACK", "SECRET", "KEY")
    variables = {f"OUTAGE_{name}": "/x" for name in names} | {images.variable(name): "x" for name in images.names()}
    command = ["docker", "compose", "-p", "x", "-f", str(compose), "config", "--format", "json"]
    shown = subprocess.run(command, env=environment.child(variables), capture_output=True, text=True, check=True).stdout
    wanted = {name: "*" if name == "NO_PROXY" else "" for name in environment.PROXIES}
    wanted |= {name.lower(): value for name, value in wanted.items()}
    services = json.loads(shown)["services"]
    assert services
    for name, service in services.items():
        has = service.get("environment", {})
        assert {key: has.get(key) for key in wanted} == wanted, name
        assert "OUTAGE_SEED" not in has, name
