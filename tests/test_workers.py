"""Do services that are no web applications run, tell, and fail in a way that the student can read?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from toys import left_over, outage

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("stacks")]


def submission(tmp_path: Path, **files: str) -> str:
    """A folder of what a student has made of the workers' files."""
    folder = tmp_path / "submission" / "post"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    return str(folder.parent)


def test_two_workers_lose_sight_of_each_other(runs: Path) -> None:
    """One cannot reach the other until it is healed, while this machine can; then meets somebody else for a while."""
    said = outage("check", "two-workers", "--json")
    recording = json.loads((Path(said.json["folder"]) / "recording.json").read_text())
    facts = recording["facts"]

    assert (said.code, said.json["verdict"]) == (0, "FIXED")
    assert [phase["name"] for phase in recording["phases"]] == ["normal", "nobody asks any more"]
    assert [facts[when] for when in ("before", "blind", "after", "diverted", "straight")] == [True] * 5
    assert (facts["no_page"], facts["failing"], facts["health"]) == (404, 500, {"status": "ok"})
    assert len(facts["looks"]) == facts["ok"] > 5
    assert {note["writer"] for note in facts["looks"]} == {0, 1}
    assert all(0 < note["at"] < facts["clock"] for note in facts["looks"])
    assert left_over(runs) == []


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"asks_py": "def main():\n    return retrun\n\n\nmain()\n"}, "asks.py line 2: NameError: name 'retrun'"),
        ({"asks_py": "waits = True\nwhile waits:\n    pass\n"}, "asks.py line "),
        ({"settings_toml": "every_seconds = 0.05\nwait = = 2\n"}, "settings.toml line 2: "),
        ({"settings_toml": "wait = 2\n"}, "`wait` is no setting of this service; it knows every_seconds"),
    ],
    ids=["code", "endless", "toml", "setting"],
)
def test_a_worker_that_does_not_start_is_shown(tmp_path: Path, files: dict[str, str], place: str) -> None:
    """UNKNOWN with the file and the line of the student's that are wrong, in the first line."""
    said = outage("check", "two-workers", "--json", "--overlay", submission(tmp_path, **files), seconds=150)

    assert (said.code, said.json["verdict"]) == (2, "UNKNOWN")
    head = said.json["reasons"][0].splitlines()[0]
    assert "/two-workers/post/" in head
    assert place in head
