"""How do tests make a lab, a recording, and call the command line?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import paths
from harness.judge.recording import FORMAT
from harness.lab.manifest import Lab, read
from harness.run import engine

TOYS = Path(__file__).parent / "labs"
COMMAND = [sys.executable, "-m", "harness"]

NORMAL = {"seconds": 2.0, "requests": 10, "ok": 9, "errors": 1, "p50_ms": 5.0, "p95_ms": 9.0, "p99_ms": 9.5}
RECORDING = {
    "format": FORMAT, "lab": "toy", "title": "Toy", "variant": "student", "run": "20261123-210501-ab12", "seed": 7,
    "phases": [{"name": "normal", "start": 0.0, "end": 2.0}],
    "marks": [{"name": "cache flushed", "at": 1.5, "kind": "fault"}],
    "traffic": {"seconds": [], "phases": {"normal": NORMAL | {"by_error": {"timeout": 1}, "by_name": {}}}},
    "samples": {"reads": [[0.1, 2.0]]}, "deaths": [], "facts": {"reads": 3}, "unknown": [],
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output, parsed."""
        return json.loads(self.out)


def outage(*args: str, given: str = "", seconds: float = 60, **environment: str) -> Said:
    """Run a command of Outage Lab to its end."""
    done = subprocess.run(
        [*COMMAND, *args],
        input=given,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        cwd=paths.ROOT,
        env=os.environ | environment,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def copy(name: str, to: Path, **texts: str) -> Lab:
    """A copy of a toy among other labs, some of its files replaced (`drill__drill_py` stands for drill/drill.py)."""
    folder = to / name
    shutil.copytree(TOYS / name, folder, ignore=shutil.ignore_patterns("__pycache__"))
    compose = folder / "compose.yaml"
    compose.write_text(compose.read_text().replace("../../../compose", str(paths.COMPOSE)))
    for key, text in texts.items():
        (folder / key.replace("__", "/").replace("_", ".")).write_text(text)
    return read(folder)


def left_over(runs: Path) -> list[str]:
    """Names of containers and networks that carry this checkout's mark."""
    networks = engine.client().api.networks(filters={"label": f"outage.home={runs}"})
    containers = engine.containers(outage_home=str(runs))
    return [*(network["Name"] for network in networks), *(container["Names"][0] for container in containers)]
