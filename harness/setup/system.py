"""What kind of machine is this, and may something be installed on it?"""

from __future__ import annotations

import functools
import os
import platform
import shutil
import sys
from pathlib import Path

from harness.setup.board import Board
from harness.setup.shell import Log, UnavailableError, ask, call

OS_RELEASE = Path("/etc/os-release")
APT = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]
APT_SECONDS = 900


def is_root() -> bool:
    """The set-up runs as the superuser."""
    return os.geteuid() == 0


def is_linux() -> bool:
    """Docker Engine runs on this machine itself, not in a virtual machine of Docker Desktop."""
    return platform.system() == "Linux"


def has_apt() -> bool:
    """Debian, Ubuntu, or one of their children."""
    return is_linux() and shutil.which("apt-get") is not None and _is_debian()


def can_install() -> bool:
    """Packages may be installed here: Debian or Ubuntu, as root."""
    return is_root() and has_apt()


@functools.cache
def first_process() -> str:
    """The name of process 1: systemd, init, or something that starts no services."""
    try:
        return Path("/proc/1/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def at_terminal() -> bool:
    """There is a person to ask."""
    return sys.stdin is not None and sys.stdin.isatty()


def agreed(what: str, board: Board) -> None:
    """Asks at a terminal before the machine is changed, else says it; UnavailableError where the answer is no."""
    if not at_terminal():
        board.say(f"  {what}: not there, so it is installed on this machine with apt-get")
    elif not board.agrees(f"  {what} will be installed on this machine with apt-get. Go on? [Y/n] "):
        raise UnavailableError(
            f"{what} is needed and was not installed.\nWhat next: install it by hand, then run the same command again."
        )


def install(packages: list[str], into: Log) -> None:
    """Installs packages of the distribution."""
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    update = ask(*APT, "update", extra=quiet, seconds=APT_SECONDS)
    into.path.write_text(f"$ apt-get update\n{update.text}", encoding="utf-8")
    command = [*APT, "install", "--yes", "--no-install-recommends", *packages]
    call(command, into, extra=quiet, seconds=APT_SECONDS, keep=True)


def _is_debian() -> bool:
    try:
        lines = OS_RELEASE.read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    family = f"{said.get('ID', '')} {said.get('ID_LIKE', '')}".replace('"', "").split()
    return bool({"debian", "ubuntu"} & set(family))
