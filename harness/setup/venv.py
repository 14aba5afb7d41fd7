"""Is the virtual environment there with exactly the pinned packages, and how is it made?"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

from harness import paths
from harness.setup import index, system
from harness.setup.board import Board
from harness.setup.shell import Log, UnavailableError, ask, call, log

VENV = paths.ROOT / ".venv"
STAMP = VENV / "outage-lab.json"
RUNTIME = paths.ROOT / "requirements.txt"
DEVELOPMENT = paths.ROOT / "requirements-dev.txt"
WANTED = paths.ROOT / "requirements.in"
UV = Path(__file__).with_name("uv.txt")
SCHEME = "2"
UV_SETTINGS = {"UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}
PYTHON = str(VENV / "bin" / "python")
PACKAGES = ("harness", "loadtests")

SCRIPT = """#!/bin/sh
# Made by harness/setup. The interpreter's path may be too long for a first line that names it.
exec {python} -I -c 'import sys; from {module} import {function}; sys.exit({function}())' "$@"
"""
FINDER = '''"""Made by harness/setup: the project's packages can be imported, and nothing else of its folder."""

import sys
from importlib.util import spec_from_file_location

ROOT = {root}
PACKAGES = {packages}


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in PACKAGES:
            return None
        folder = ROOT + "/" + name
        return spec_from_file_location(name, folder + "/__init__.py", submodule_search_locations=[folder])


sys.meta_path.append(Finder)
'''


def is_ready(*, dev: bool) -> bool:
    """It was made to its end from the requirements as they are now, and what was installed is still there."""
    made = _made()
    if made.get("runtime") != digest(RUNTIME) or (dev and made.get("dev") != digest(DEVELOPMENT)):
        return False
    return os.access(PYTHON, os.X_OK) and all((VENV / name).exists() for name in made["installed"])


def digest(requirements: Path) -> str:
    """Changes with the requirements, this Python, and the folder that the environment belongs to."""
    said = (SCHEME, str(sys.version_info[:2]), str(paths.ROOT), _entry(), requirements.read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(said).encode(errors="surrogateescape")).hexdigest()


def provide(board: Board, *, dev: bool) -> None:
    """Makes the environment; with `dev` also what `make test` needs."""
    wanted = DEVELOPMENT if dev or _made().get("dev") else RUNTIME
    with board.step(f"virtual environment: .venv from {wanted.name}"):
        into = log("venv")
        make_room(VENV)
        STAMP.unlink(missing_ok=True)
        call([sys.executable, "-I", "-m", "venv", "--clear", str(VENV)], into)
        _fill(wanted, into)
        _link_project()
        _require_imports(into)
        made = {"runtime": digest(RUNTIME), "dev": digest(DEVELOPMENT) if wanted == DEVELOPMENT else ""}
        STAMP.write_text(json.dumps(made | {"installed": _installed()}), encoding="utf-8")


def make_room(folder: Path) -> None:
    """Takes a link, or a file, away from where this folder is to be; what a link leads to may be another checkout's."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()


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


def _made() -> dict[str, Any]:
    """What the last making noted; empty where there is no whole note."""
    try:
        made = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return made if isinstance(made, dict) and isinstance(made.get("installed"), list) else {}


def _fill(requirements: Path, into: Log) -> None:
    """With uv, which takes a third of the time, unless pip was told of an index of its own or uv fails."""
    pip = [PYTHON, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"]
    given = index.settings(PYTHON)
    if not index.has_own(given) and _fill_with_uv([*pip, str(UV)], given, requirements, into):
        return
    call([*pip, str(requirements)], into, extra=given, seconds=900)


def _fill_with_uv(get_uv: list[str], given: dict[str, str], requirements: Path, into: Log) -> bool:
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--python", PYTHON, "--require-hashes", "--compile-bytecode"]
    done = ask(*get_uv, extra=given, seconds=120)
    if done.ok:
        done = ask(*uv, "-r", str(requirements), extra=UV_SETTINGS, seconds=600)
    with into.path.open("a", encoding="utf-8") as file:
        file.write(done.text)
    return done.ok


def _require_imports(into: Log) -> None:
    """What the verbs import is found in the environment itself, wherever pip says that it has put it."""
    lines = WANTED.read_text(encoding="utf-8").splitlines()
    names = [match[0].replace("-", "_") for line in lines if (match := re.match(r"[A-Za-z][\w.-]*", line))]
    command = [PYTHON, "-I", "-c", f"import {', '.join([*names, 'harness.commands', 'loadtests'])}"]
    call(command, into, extra={"LOCUST_SKIP_MONKEY_PATCH": "1"}, seconds=120)  # it would come too late for the others


def _installed() -> list[str]:
    """The packages that are there, by the folders that describe them."""
    return sorted(path.relative_to(VENV).as_posix() for path in _site_packages().glob("*.dist-info"))


def _site_packages() -> Path:
    return next((VENV / "lib").glob("python3*/site-packages"))


def _link_project() -> None:
    """The project's packages are importable and its command is there, without being copied or built."""
    folder = _site_packages()
    finder = FINDER.format(root=ascii(os.fspath(paths.ROOT)), packages=PACKAGES)
    (folder / "outage_lab_finder.py").write_text(finder, encoding="ascii")
    (folder / "outage_lab.pth").write_text("import outage_lab_finder\n", encoding="ascii")
    module, _, function = _entry().partition(":")
    script = VENV / "bin" / "outage"
    text = SCRIPT.format(python=shlex.quote(PYTHON), module=module, function=function)
    script.write_text(text, encoding="utf-8", errors="surrogateescape")
    script.chmod(0o755)


def _entry() -> str:
    """The console script `outage` as pyproject.toml has it."""
    project = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    entry = str(project["project"]["scripts"]["outage"])
    if not re.fullmatch(r"[\w.]+:\w+", entry):
        raise ValueError(f"pyproject.toml: the script `outage` must be module:function, but is {entry!r}.")
    return entry
