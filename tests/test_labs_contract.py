"""Does every lab's folder keep the contract that makes it read like its neighbours?"""

from __future__ import annotations

import ast
import inspect
import json
import re
import subprocess
from pathlib import Path

import pytest

from harness import paths
from harness.lab import files, manifest
from harness.run import lifecycle
from harness.lab.manifest import Lab
from harness.run.stack import Stack

LABS = [path for path in sorted((paths.ROOT / "labs").glob("*")) if manifest.NAME.match(path.name)]
MODEL = paths.ROOT / "labs" / "07-cache-stampede" / "README.md"
ENTRIES = ("README.md", "lab.toml", "compose.yaml", "traffic.py", "drill.py", "checks.py", "solution/DEBRIEF.md")
LENGTHS = {"drill.py": 100, "checks.py": 100, "traffic.py": 60, "README.md": 120}
SERVICE_FILE_LENGTH = 125
FORBIDDEN = (
    r"container_name|privileged|SYS_TIME|network_mode|docker\.sock|restart:\s*(always|on-failure|unless-stopped)"
)


@pytest.fixture(params=LABS, ids=[path.name for path in LABS])
def lab(request: pytest.FixtureRequest) -> Lab:
    """Each lab of this repository."""
    folder: Path = request.param
    return manifest.read(folder)


def checks(lab: Lab) -> dict[str, str]:
    """Names of the lab's checks with their docstrings."""
    functions = [node for node in ast.parse(lab.checks.read_text()).body if isinstance(node, ast.FunctionDef)]
    tests = [node for node in functions if node.name.startswith("test_")]
    return {node.name.removeprefix("test_"): ast.get_docstring(node) or "" for node in tests}


def overlays(lab: Lab) -> list[Path]:
    """Folders of all fixes and decoys."""
    return [*lab.overlays("fixes").values(), *lab.overlays("decoys").values()]


def headings(readme: Path) -> list[str]:
    """The second-level headings of a README."""
    return re.findall(r"^## (.+)$", readme.read_text(), re.MULTILINE)


def test_every_entry_is_there(lab: Lab) -> None:
    """A lab has all the files by which every lab is read."""
    assert [name for name in (*ENTRIES, *lab.editable) if not (lab.folder / name).is_file()] == []


def test_the_readme_reads_like_the_others(lab: Lab) -> None:
    """Every README has the same headings in the same order, under the lab's title."""
    first, *_ = (lab.folder / "README.md").read_text().splitlines()

    assert first.startswith("# ")
    assert lab.title in first
    assert headings(lab.folder / "README.md") == headings(MODEL)
    assert headings(MODEL)


def test_files_are_short(lab: Lab) -> None:
    """Drill, checks, traffic, README and service files keep to the lengths of the house."""
    own = [path for path in lab.folder.rglob("*.py") if lab.solution not in path.parents]
    limits = {path.relative_to(lab.folder).as_posix(): SERVICE_FILE_LENGTH for path in own} | LENGTHS

    lengths = {name: len((lab.folder / name).read_text().splitlines()) for name in limits}
    assert {name: length for name, length in lengths.items() if length > limits[name]} == {}


def test_the_symptom_is_a_check(lab: Lab) -> None:
    """What must fail as shipped is one of the lab's checks, of which there are several."""
    assert lab.symptom in checks(lab)
    assert len(checks(lab)) >= 3


def test_every_check_promises_and_says_why(lab: Lab) -> None:
    """A check's docstring has a promise of one paragraph, and after it why that matters."""
    without = [name for name, text in checks(lab).items() if not all(inspect.cleandoc(text).partition("\n\n")[::2])]

    assert without == []


def test_every_check_has_hints(lab: Lab) -> None:
    """There are at least three hints for each check, none twice, and none for what is no check."""
    assert set(lab.hints) == set(checks(lab))
    assert {name: texts for name, texts in lab.hints.items() if len(set(texts)) < 3} == {}


def test_there_are_fixes_and_decoys_enough(lab: Lab) -> None:
    """A lab ships two right fixes and four plausible wrong ones at least."""
    assert (len(lab.overlays("fixes")) >= 2, len(lab.overlays("decoys")) >= 4) == (True, True)


def test_every_decoy_has_its_check(lab: Lab) -> None:
    """lab.toml names each decoy, no other, and for each a check that there is."""
    assert set(lab.decoys) == set(lab.overlays("decoys"))
    assert set(lab.decoys.values()) - set(checks(lab)) == set()


def test_overlays_hold_what_students_may_edit(lab: Lab) -> None:
    """Every fix and decoy consists of editable files alone."""
    assert [overlay.name for overlay in overlays(lab) if not files.overlaid(lab, overlay)] == []


def test_overlays_differ(lab: Lab) -> None:
    """No fix and no decoy is the lab as shipped, or another one under a second name."""

    def content(folder: Path) -> tuple[bytes, ...]:
        return tuple(
            (folder if (folder / name).exists() else lab.folder).joinpath(name).read_bytes() for name in lab.editable
        )

    variants = [content(folder) for folder in (lab.folder, *overlays(lab))]
    assert len(set(variants)) == len(variants)


def test_the_debrief_names_every_variant(lab: Lab) -> None:
    """The debrief compares all fixes and says of each decoy why it fails."""
    text = (lab.solution / "DEBRIEF.md").read_text().lower()
    names = [overlay.name for overlay in overlays(lab)]

    assert [name for name in names if name not in text and name.replace("-", " ") not in text] == []


def test_nothing_dangerous_stands_in_compose(lab: Lab) -> None:
    """No names or ports that two runs would fight over, no power that a student's code must not have."""
    assert re.findall(FORBIDDEN, lab.compose.read_text()) == []


def test_the_entry_is_a_service(lab: Lab) -> None:
    """What is printed under "Look around" begins with a service of the stack."""
    assert re.search(rf"^  {re.escape(lab.entry.partition('/')[0])}:", lab.compose.read_text(), re.MULTILINE)


@pytest.mark.docker
def test_compose_takes_the_stack(lab: Lab) -> None:
    """Docker Compose accepts the stack, and what comes of it has limits, labels, and free loopback ports."""
    environment = Stack(lab, lifecycle.Claim(lab.slug), lab.folder, 1).environment()
    command = ["docker", "compose", "-f", str(lab.compose), "-f", str(paths.NETWORK_FILE), "config", "--format", "json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    services = json.loads(done.stdout)["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert {port.get("host_ip") for port in ports} <= {"127.0.0.1"}
    assert [port for port in ports if port.get("published", "0") not in ("", "0")] == []
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert (service.get("cap_add"), service.get("privileged", False)) == (None, False), name
        assert {"mem_limit", "cpus", "pids_limit", "user"} <= set(service), name
        assert {"outage.home", "outage.run", "outage.lab"} <= set(service["labels"]), name
