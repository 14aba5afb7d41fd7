"""Which prerequisites does this machine lack, and what helps against each?"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from harness import paths
from harness.setup import causes, debian, docker, images, machine, places, system, venv

MEMORY_GIB = 4
DISK_GIB = 5
CORES = 2
OPEN_FILES = 1024
CLOCK_SECONDS = 0.25
MAKE_DOES_IT = "the first `make lab-…` provides it"


@dataclass(frozen=True)
class Finding:
    """One prerequisite."""

    name: str
    ok: bool
    seen: str
    remedy: str = ""
    """What to do where it is not ok; empty where nobody knows."""
    blocks: bool = True
    """Without it no lab runs, and `make` cannot provide it by itself."""


def examine() -> list[Finding]:
    """Every prerequisite, in the order in which one would see to them."""
    return [*_machine(), *_places(), *_docker(), *_made()]


def exit_code(findings: list[Finding]) -> int:
    """0 where nothing is in the way of `make lab-…`, else 2."""
    return 2 if any(finding.blocks and not finding.ok for finding in findings) else 0


def as_json(findings: list[Finding]) -> list[dict[str, object]]:
    """The findings for a machine to read."""
    return [asdict(finding) for finding in findings]


def as_text(findings: list[Finding]) -> str:
    """The findings for a person to read."""
    return "\n".join(_line(finding) for finding in findings)


def _line(finding: Finding) -> str:
    mark = "ok" if finding.ok else "missing" if finding.blocks else "note"
    line = f"  {mark:<8} {finding.name:<20} {finding.seen}"
    return line if finding.ok or not finding.remedy else f"{line}\n{'':>31} {finding.remedy}"


def _machine() -> Iterator[Finding]:
    yield Finding("Python 3.11", ok=True, seen=f"{sys.version.split()[0]} ({sys.executable})")
    memory, cores, files = machine.memory_gib(), machine.cores(), machine.open_files()
    yield Finding("memory", memory >= MEMORY_GIB, f"{memory:.1f} GiB", f"at least {MEMORY_GIB} GiB are needed")
    few = f"a lab needs {CORES}: with fewer a verdict may be UNKNOWN, and says so"
    yield Finding("cores", cores >= CORES, str(cores), few, blocks=False)
    room, folder = machine.room_gib()
    full = f"at least {DISK_GIB} GiB are needed there: make room"
    yield Finding("disk", room >= DISK_GIB, f"{room:.0f} GiB free at {folder}", full)
    limit = f"`ulimit -n {4 * OPEN_FILES}` in this shell"
    yield Finding("open files", files >= OPEN_FILES, f"{files} at once", limit)
    port = machine.loopback_port()
    seen = "can be bound" if port else "refused"
    yield Finding("port on 127.0.0.1", port > 0, seen, "a firewall or sandbox forbids it")


def _places() -> Iterator[Finding]:
    try:
        places.require_mountable(*places.all_of_ours())
    except places.PlaceError as problem:
        yield _told("folder's name", str(problem))
    else:
        yield Finding("folder's name", ok=True, seen="can be mounted")
    made = [paths.runs_root(), paths.work_root(), *([] if venv.is_ready(dev=False) else [venv.VENV])]
    refused = [text for text in map(places.writable, made) if text]
    for text in refused:
        yield _told("write access", text)
    if not refused:
        owner = places.owner_of(paths.ROOT)
        yield Finding("write access", ok=True, seen=f"runs and work can be written; the checkout belongs to {owner}")


def _told(name: str, message: str) -> Finding:
    """A finding that says what a message says: its first line, then what comes next."""
    seen, _, rest = message.partition("\n")
    return Finding(name, ok=False, seen=seen, remedy=rest.removeprefix("What next: "))


def _docker() -> Iterator[Finding]:
    engine = docker.look()
    ours = engine.state in ("absent", "stopped") and system.can_install()
    remedy = MAKE_DOES_IT if ours else "" if engine.state == "ready" else engine.cause.remedy
    client = engine.client and engine.state != "absent"
    yield Finding("docker command", client, "there" if client else "not there", remedy, blocks=not ours)
    seen = f"version {engine.version}" if engine.state == "ready" else engine.cause.what
    yield Finding("Docker Engine 20.10", engine.state == "ready", seen, remedy, blocks=not ours)
    given = docker.variables()
    told = " ".join(f"{name}={value}" for name, value in given.items())
    odd = bool(given) and engine.state in ("version", "elsewhere")
    yield Finding("Docker's variables", not odd, told or "none is set", remedy)
    compose = docker.has_compose()
    remedy = MAKE_DOES_IT if system.is_linux() else docker.INSTALL
    yield Finding("Compose v2", compose, _word(there=compose), remedy, blocks=not system.is_linux())
    if engine.state == "ready":
        yield from _engine()


def _engine() -> Iterator[Finding]:
    """What can only be asked of an engine that answers."""
    ahead = machine.clock_difference_seconds()
    if ahead is not None:
        sets = "set the clocks of both by the network (NTP); with Docker Desktop, start it again"
        agrees = abs(ahead) < CLOCK_SECONDS
        seen = "agrees with this machine's" if agrees else f"differs from this machine's by {ahead:+.1f} s"
        yield Finding("Docker's clock", agrees, seen, sets, blocks=False)
    tried = machine.network_refusal()
    cause = None if tried.ok else causes.of(tried.text)
    last = tried.text.strip().splitlines()[-1:] or [""]
    seen = "there is room for another" if tried.ok else cause.what if cause else last[0]
    yield Finding("Docker's networks", tried.ok, seen, cause.remedy if cause else "")


def _made() -> Iterator[Finding]:
    lacking = images.missing(list(images.names()))
    base = "base" not in lacking or bool(debian.here())
    source = base or shutil.which("mmdebstrap") or system.can_install()
    seen = "there" if base else "made here with mmdebstrap" if source else "pulled at the first run"
    yield Finding("base image", ok=True, seen=seen)
    ready = venv.is_ready(dev=False)
    yield Finding("virtual environment", ready, _word(there=ready), MAKE_DOES_IT, blocks=False)
    made = f"{len(images.names()) - len(lacking)} of {len(images.names())}"
    yield Finding("images", not lacking, made, MAKE_DOES_IT, blocks=False)


def _word(*, there: bool) -> str:
    return "there" if there else "not there"
