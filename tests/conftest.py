"""What does every test get: runs, a student's folder and labs of its own, and the word on whether Docker answers?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from toys import TOYS

from harness.errors import DockerError
from harness.run import engine, lifecycle


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Docker where Docker does not answer, and say why."""
    wanting = [item for item in items if item.get_closest_marker("docker")]
    if wanting and (reason := _missing()):
        for item in wanting:
            item.add_marker(pytest.mark.skip(reason=reason))


@cache
def _missing() -> str:
    """What of Docker is missing; empty where nothing is."""
    try:
        engine.client()
        engine.compose(["version"], {})
    except DockerError as problem:
        return str(problem).splitlines()[0]
    return ""


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of this test's runs; the student's files stand beside it, and the labs are the toys."""
    folder = tmp_path / "runs"
    monkeypatch.setenv("OUTAGE_RUNS", str(folder))
    monkeypatch.setenv("OUTAGE_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("OUTAGE_LABS", str(TOYS))
    return folder


@pytest.fixture
def stacks(runs: Path) -> Iterator[Path]:
    """For tests that start stacks: the folder of its runs, and nothing is left up whatever the test did."""
    yield runs
    for project in lifecycle.kept():
        lifecycle.bring_down(project)
    engine.remove(outage_home=str(runs))
