"""Which images does a lab need, what are they called, and how are they built?"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import os
import re
import tarfile
from pathlib import Path

from harness import paths
from harness.environment import PROXIES
from harness.setup.shell import Log, ask, call

SERVICES = paths.ROOT / "services"
PREFIX = "outage-lab"
LABEL = "outage.image"
HOST_AUTHORITIES = "/usr/local/share/ca-certificates"
INDEXES = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL")
BUILD_SECONDS = 900

_LOCAL = re.compile(r"//([^/@]*@)?(localhost|127\.|\[::1\])")
_PARENT = re.compile(r"^FROM \$\{([A-Z0-9_]+)\}", re.MULTILINE)
_IMAGE = re.compile(r"OUTAGE_IMAGE_([A-Z0-9_]+)")
_FILE = re.compile(r"""\bfile:\s*["']?([^\s"',}#]+\.ya?ml)""")


@functools.cache
def names() -> tuple[str, ...]:
    """The image folders of services/, by name."""
    return tuple(sorted(path.parent.name for path in SERVICES.glob("*/Dockerfile")))


@functools.cache
def tags() -> dict[str, str]:
    """Image folder to full tag; the tag changes with the folder, its parents, and the host's extra authorities."""
    return {name: f"{PREFIX}/{name}:{_digest(name)}" for name in names()}


def variable(name: str) -> str:
    """The variable by which compose files call this image."""
    return "OUTAGE_IMAGE_" + name.upper().replace("-", "_")


def needed(compose_path: Path) -> list[str]:
    """The images that a compose file names, also through the files that it extends; [] where it names none."""
    wanted: set[str] = set()
    _collect(compose_path.resolve(), wanted, set())
    by_variable = {variable(name): name for name in names()}
    return sorted(by_variable[key] for key in wanted if key in by_variable)


def with_parents(wanted: list[str]) -> list[str]:
    """The images and all that they are built from, parents first."""
    ordered: list[str] = []
    for name in wanted:
        ordered += [item for item in [*with_parents(list(parents(name).values())), name] if item not in ordered]
    return ordered


@functools.cache
def _parents(name: str) -> tuple[tuple[str, str], ...]:
    arguments = _PARENT.findall((SERVICES / name / "Dockerfile").read_text(encoding="utf-8"))
    found = {argument: argument.lower().replace("_", "-") for argument in arguments}
    return tuple((argument, parent) for argument, parent in found.items() if parent in names())


def parents(name: str) -> dict[str, str]:
    """Build argument of the Dockerfile (`BASE`) to the image of ours that it stands for."""
    return dict(_parents(name))


def authorities() -> list[Path]:
    """Certificates that this machine trusts beyond its distribution's (`OUTAGE_CA_DIR` names another folder)."""
    return sorted(Path(os.environ.get("OUTAGE_CA_DIR") or HOST_AUTHORITIES).glob("**/*.crt"))


def missing(wanted: list[str]) -> list[str]:
    """The wanted images that the engine does not have (all of them where it does not answer)."""
    if ask("docker", "image", "inspect", *(tags()[name] for name in wanted)).ok:
        return []
    return [name for name in wanted if not ask("docker", "image", "inspect", tags()[name]).ok]


def build(name: str, log: Log, arguments: dict[str, str] | None = None) -> None:
    """Builds one image, its parents being there; SetupError with the log's last lines where that fails."""
    given = {argument: tags()[parent] for argument, parent in parents(name).items()} | (arguments or {})
    command = ["docker", "build", "--tag", tags()[name], "--label", f"{LABEL}={name}", *_flags(name, given), "-"]
    call(command, log, given=_context(name), extra=_builder() | _indexes(name), seconds=BUILD_SECONDS)


def _flags(name: str, given: dict[str, str]) -> list[str]:
    return [
        *(f"--build-arg={key}={value}" for key, value in given.items()),
        *(f"--build-arg={key}" for key in _indexes(name)),
        *network_flags("--build-arg"),
    ]


def network_flags(flag: str) -> list[str]:
    """How a container of the set-up reaches the network as this machine does: `flag` names each proxy variable."""
    known = [key for proxy in PROXIES for key in (proxy, proxy.lower())]
    named = [f"{flag}={key}" for key in known if os.environ.get(key)]
    return [*named, "--network=host"] if _proxy_is_local() else named


def _indexes(name: str) -> dict[str, str]:
    """The package indexes that the caller names, where the Dockerfile takes one."""
    declared = (SERVICES / name / "Dockerfile").read_text(encoding="utf-8")
    return {key: os.environ[key] for key in INDEXES if f"ARG {key}" in declared and os.environ.get(key)}


def _proxy_is_local() -> bool:
    given = [os.environ.get(key, "") for proxy in PROXIES[:2] for key in (proxy, proxy.lower())]
    return any(_LOCAL.search(value) for value in [*given, *_configured_proxies()])


def _configured_proxies() -> list[str]:
    """The proxies that Docker's own configuration gives to every build."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        proxies = json.loads((folder / "config.json").read_text(encoding="utf-8"))["proxies"]
        return [str(value) for engine in proxies.values() for value in engine.values()]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []


@functools.cache
def _builder() -> dict[str, str]:
    if not ask("docker", "buildx", "version").ok:
        return {"DOCKER_BUILDKIT": "0"}
    return {"BUILDX_BUILDER": ask("docker", "context", "show").text.strip() or "default"}


def _collect(path: Path, wanted: set[str], seen: set[Path]) -> None:
    if path in seen or not path.is_file():
        return
    seen.add(path)
    text = path.read_text(encoding="utf-8")
    wanted.update("OUTAGE_IMAGE_" + found for found in _IMAGE.findall(text))
    for other in _FILE.findall(text):
        _collect((path.parent / other).resolve(), wanted, seen)


@functools.cache
def _digest(name: str) -> str:
    digest = hashlib.sha256()
    for arcname, path in _files(name):
        content = _content(path)
        digest.update(f"{arcname}\0{len(content)}\0".encode() + content)
    for parent in parents(name).values():
        digest.update(_digest(parent).encode())
    return digest.hexdigest()[:12]


def _files(name: str) -> list[tuple[str, Path]]:
    """Everything that goes into the build, by its name there."""
    folder = SERVICES / name
    found = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    files = [(path.relative_to(folder).as_posix(), path) for path in found]
    if not parents(name):
        files += [(f"ca/{number:02}-{path.name}", path) for number, path in enumerate(authorities())]
    return files


def _content(path: Path) -> bytes:
    """What the file is in the image: text has Unix line ends there, whatever the checkout has."""
    content = path.read_bytes()
    return content if b"\0" in content else content.replace(b"\r\n", b"\n")


def _context(name: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        folder = tarfile.TarInfo("ca")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        for arcname, path in _files(name):
            content = _content(path)
            entry = tarfile.TarInfo(arcname)
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()
