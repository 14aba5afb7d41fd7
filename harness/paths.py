"""Where does each thing of the project stand?"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = ROOT / "compose"
RECORDING_FILE, VERDICT_FILE, REPORT_FILE = "recording.json", "verdict.json", "report.html"
NETWORK_FILE = COMPOSE / "network.yaml"


def labs_root() -> Path:
    """The folder whose `NN-slug` folders are the labs (`OUTAGE_LABS` names another, for tests)."""
    return Path(os.environ.get("OUTAGE_LABS") or ROOT / "labs").resolve()


def runs_root() -> Path:
    """The folder of everything that runs leave behind (`OUTAGE_RUNS` names another)."""
    return Path(os.environ.get("OUTAGE_RUNS") or ROOT / "runs").resolve()


def work_root() -> Path:
    """The folder of the student's files, one folder for each lab (`OUTAGE_WORK` names another)."""
    return Path(os.environ.get("OUTAGE_WORK") or ROOT / "work").resolve()


def work_of(slug: str) -> Path:
    """The student's files of one lab."""
    return work_root() / slug


def recordings_of(slug: str) -> Path:
    """The kept recordings of one lab's variants, by which its checks are tested without Docker."""
    return ROOT / "tests" / "recordings" / slug


def runs_of(slug: str) -> Path:
    """The folder of one lab's runs."""
    return runs_root() / slug


def state_of(slug: str) -> Path:
    """The file of one lab's progress: hints shown, solved or not."""
    return runs_of(slug) / "progress.json"


def locks() -> Path:
    """The folder where each live run holds a lock named after itself."""
    return runs_root() / ".locks"


def shown(path: Path) -> str:
    """The path as a student would type it: relative to the current folder where that is shorter."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere, or there is no current folder any more
        return str(path)
