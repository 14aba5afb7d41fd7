"""Is the virtual environment there with exactly the pinned packages, and how is it made?"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import sys
import tomllib
from pathlib import Path

from harness import paths
from harness.setup import system
from harness.setup.board import Board
from harness.setup.shell import Log, UnavailableError, ask, call, log

VENV = paths.ROOT / ".venv"
STAMP = VENV / "outage-lab.json"
RUNTIME = paths.ROOT / "requirements.txt"
DEVELOPMENT = paths.ROOT / "requirements-dev.txt"
UV = Path(__file__).with_name("uv.txt")
SCHEME = "1"
UV_SETTINGS = ("UV_SYSTEM_CERTS=1", "UV_PYTHON_DOWNLOADS=never", "UV_NO_CONFIG=1")
PYTHON = str(VENV / "bin" / "python")

SCRIPT = """#!/bin/sh
# Made by harness/setup. The interpreter's path may be too long for a first line that names it.
exec "$(dirname "$0")/python" -c 'import sys; from {module} import {function}; sys.exit({function}())' "$@"
"""


def is_ready(*, dev: bool) -> bool:
    """The environment was made to its end from the requirements as they are now."""
    try:
        made = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return made.get("runtime") == digest(RUNTIME) and (not dev or made.get("dev") == digest(DEVELOPMENT))


def digest(requirements: Path) -> str:
    """Changes with the requirements, this Python, and the folder that the environment belongs to."""
    said = (SCHEME, str(sys.version_info[:2]), str(paths.ROOT), _entry(), requirements.read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def provide(board: Board, *, dev: bool) -> None:
    """Makes the environment; with `dev` also what `make test` needs."""
    wanted = DEVELOPMENT if dev or _has_dev() else RUNTIME
    with board.step(f"virtual environment: .venv from {wanted.name}"):
        into = log("venv", "see that pip reaches its package index (proxy, pip.conf), then again")
        STAMP.unlink(missing_ok=True)
        call([sys.executable, "-m", "venv", "--clear", str(VENV)], into)
        _fill(wanted, into)
        _link_project()
        made = {"runtime": digest(RUNTIME), "dev": digest(DEVELOPMENT) if wanted == DEVELOPMENT else ""}
        STAMP.write_text(json.dumps(made), encoding="utf-8")


def provide_venv_module(board: Board) -> None:
    """Installs python3-venv where Debian left it out; it comes before everything that runs side by side."""
    if importlib.util.find_spec("ensurepip"):
        return
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    if not system.can_install():
        raise UnavailableError(
            f"{sys.executable} cannot make virtual environments: its module ensurepip is missing.\n"
            f"What next: install it (Debian, Ubuntu: `sudo apt-get install {package}`), then again."
        )
    system.agreed(package, board)
    with board.step(f"Python: install {package}"):
        system.install([package], log("python-venv"))


def _fill(requirements: Path, into: Log) -> None:
    """With uv, which takes a third of the time, unless pip was told of an index of its own or uv fails."""
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    if not _pip_has_index() and _fill_with_uv([*pip, str(UV)], requirements, into):
        return
    call([*pip, str(requirements)], into, seconds=900)


def _fill_with_uv(get_uv: list[str], requirements: Path, into: Log) -> bool:
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--python", PYTHON, "--require-hashes", "--compile-bytecode"]
    done = ask(*get_uv, seconds=120)
    if done.ok:
        done = ask("env", *UV_SETTINGS, *uv, "-r", str(requirements), seconds=600)
    with into.path.open("a", encoding="utf-8") as file:
        file.write(done.text)
    return done.ok


def _pip_has_index() -> bool:
    if any(os.environ.get(name) for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX")):
        return True
    return "index" in ask(PYTHON, "-m", "pip", "config", "list").text


def _has_dev() -> bool:
    try:
        return bool(json.loads(STAMP.read_text(encoding="utf-8")).get("dev"))
    except (OSError, ValueError):
        return False


def _link_project() -> None:
    """The project is importable and its command is there, without being copied or built."""
    folder = next((VENV / "lib").glob("python3*/site-packages"))
    (folder / "outage_lab.pth").write_text(f"{paths.ROOT}\n", encoding="utf-8")
    module, _, function = _entry().partition(":")
    script = VENV / "bin" / "outage"
    script.write_text(SCRIPT.format(module=module, function=function), encoding="utf-8")
    script.chmod(0o755)


def _entry() -> str:
    """The console script `outage` as pyproject.toml has it."""
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    entry = str(project["project"]["scripts"]["outage"])
    if not re.fullmatch(r"[\w.]+:\w+", entry):
        raise ValueError(f"pyproject.toml: the script `outage` must be module:function, but is {entry!r}.")
    return entry
