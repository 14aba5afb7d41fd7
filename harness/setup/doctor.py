"""Which prerequisites does this machine lack, and what mends each?"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from harness import paths
from harness.setup import debian, docker, environment, images, system
from harness.setup.shell import ask

MEMORY_GIB = 4
DISK_GIB = 5
MAKE_DOES_IT = "the first `make lab-…` provides it"


@dataclass(frozen=True)
class Finding:
    """One prerequisite."""

    name: str
    ok: bool
    seen: str
    mend: str = ""
    """What to do where it is not ok."""
    blocks: bool = True
    """Without it no lab runs, and `make` cannot provide it by itself."""


def examine() -> list[Finding]:
    """Every prerequisite, in the order in which one would mend them."""
    return [*_machine(), *_docker(), *_made()]


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
    if finding.ok:
        return f"  ok       {finding.name:<20} {finding.seen}"
    mark = "missing" if finding.blocks else "not yet"
    return f"  {mark:<8} {finding.name:<20} {finding.seen}\n{'':>31} {finding.mend}"


def _machine() -> Iterator[Finding]:
    yield Finding("Python 3.11", ok=True, seen=f"{sys.version.split()[0]} ({sys.executable})")
    git = ask("git", "--version")
    yield Finding("git", git.ok, git.text.strip() if git.ok else "not there", "install git")
    memory, disk = memory_gib(), shutil.disk_usage(paths.ROOT).free / 2**30
    yield Finding("memory", memory >= MEMORY_GIB, f"{memory:.1f} GiB", f"at least {MEMORY_GIB} GiB are needed")
    yield Finding("disk", disk >= DISK_GIB, f"{disk:.0f} GiB free", f"at least {DISK_GIB} GiB are needed: make room")
    port = loopback_port()
    seen = "can be bound" if port else "refused"
    yield Finding("port on 127.0.0.1", port > 0, seen, "a firewall or sandbox forbids it")


def _docker() -> Iterator[Finding]:
    engine = docker.look()
    ours = engine.state in ("absent", "stopped") and system.can_install()
    mend = MAKE_DOES_IT if ours else docker.MENDS.get(engine.state, "")
    client = engine.client and engine.state != "absent"
    yield Finding("docker command", client, "there" if client else "not there", mend, blocks=not ours)
    seen = f"version {engine.version}" if engine.version else docker.SAYS.get(engine.state, "")
    yield Finding("Docker Engine 20.10", engine.state == "ready", seen, mend, blocks=not ours)
    allowed = engine.state != "denied"
    yield Finding("use of Docker", allowed, "allowed" if allowed else "refused", docker.MENDS["denied"])
    compose = docker.has_compose()
    mend = MAKE_DOES_IT if system.is_linux() else docker.INSTALL
    yield Finding("Compose v2", compose, _word(there=compose), mend, blocks=not system.is_linux())


def _made() -> Iterator[Finding]:
    lacking = images.missing(list(images.names()))
    base = "base" not in lacking or bool(debian.here())
    source = base or shutil.which("mmdebstrap") or system.can_install()
    seen = "there" if base else "made here with mmdebstrap" if source else "pulled at the first run"
    yield Finding("base image", ok=True, seen=seen)
    venv = environment.is_ready(dev=False)
    yield Finding("virtual environment", venv, _word(there=venv), MAKE_DOES_IT, blocks=False)
    made = f"{len(images.names()) - len(lacking)} of {len(images.names())}"
    yield Finding("images", not lacking, made, MAKE_DOES_IT, blocks=False)


def _word(*, there: bool) -> str:
    return "there" if there else "not there"


def memory_gib() -> float:
    """The machine's memory, also where it stands at another place than Linux has it."""
    try:
        found = re.search(r"MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="utf-8"))
    except OSError:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return int(found[1]) / 2**20 if found else 0.0


def loopback_port() -> int:
    """A port on 127.0.0.1 that could be bound, or 0."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return int(server.getsockname()[1])
    except OSError:
        return 0
