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
from harness.commands.author import TO_SAY
from harness.judge import checks, proof, store
from harness.lab import equivalents, files, hints, index, manifest, measured, mutants, variants
from harness.lab.manifest import Lab
from harness.run import lifecycle
from harness.run.stack import Stack

LABS = [path for path in sorted((paths.ROOT / "labs").glob("*")) if manifest.NAME.match(path.name)]
MODEL = paths.ROOT / "labs" / "07-cache-stampede" / "README.md"
ENTRIES = {"README.md", "lab.toml", "compose.yaml", "locustfile.py", "broken", "stack", "drill", "solution"}
SOLUTION = {"DEBRIEF.md", "hints.toml", "fixes", "decoys"}
WHERE_THERE = {"mutants.toml", "proof.json"}
"""Of a solution, once somebody has explained a mutant, or kept what was measured."""
DRILL = ("__init__.py", "drill.py", "judge.py", "checks.py")
LENGTHS = {"drill/drill.py": 120, "drill/checks.py": 150, "locustfile.py": 60, "README.md": 120, "lab.toml": 15}
DRILL_LENGTH, SERVICE_FILE_LENGTH, STUDENT_LENGTH = 600, 125, 250
RECORDING_BYTES = 30 * 1024
FORBIDDEN = (
    r"container_name|privileged|SYS_TIME|network_mode|docker\.sock|OUTAGE_SEED"
    r"|restart:\s*(always|on-failure|unless-stopped)"
)
OF_A_MACHINE = r"/(?:home|root|tmp|work|Users)/|127\.0\.0\.1|172\.\d+\.\d+\.\d+"
IMPURE = {"os", "sys", "time", "random", "socket", "subprocess", "pathlib", "io", "threading", "secrets", "datetime"}


@pytest.fixture(params=LABS, ids=[path.name for path in LABS])
def lab(request: pytest.FixtureRequest) -> Lab:
    """Each lab of this repository."""
    folder: Path = request.param
    return manifest.read(folder)


def promises(lab: Lab) -> dict[str, str]:
    """Names of the lab's checks with their docstrings."""
    functions = [node for node in ast.parse(lab.checks.read_text()).body if isinstance(node, ast.FunctionDef)]
    tests = [node for node in functions if node.name.startswith("test_")]
    return {node.name.removeprefix("test_"): ast.get_docstring(node) or "" for node in tests}


def length(path: Path) -> int:
    """Lines of a file."""
    return len(path.read_text().splitlines())


def headings(readme: Path) -> list[str]:
    """The second-level headings of a README."""
    return re.findall(r"^## (.+)$", readme.read_text(), re.MULTILINE)


def test_the_folder_has_a_labs_shape(lab: Lab) -> None:
    """A lab has the entries by which every lab is read, and no others."""
    there = {path.name for path in lab.folder.iterdir() if path.name != "__pycache__"}

    assert there == ENTRIES
    assert [name for name in DRILL if not (lab.drill / name).is_file()] == []
    assert (lab.debrief.is_file(), files.editable(lab) != []) == (True, True)


def test_the_readme_reads_like_the_others(lab: Lab) -> None:
    """Every README has the same headings in the same order, under the lab's title."""
    first, *_ = (lab.folder / "README.md").read_text().splitlines()

    assert first.startswith("# ")
    assert lab.title in first
    assert headings(lab.folder / "README.md") == headings(MODEL)
    assert headings(MODEL)


def test_files_are_short(lab: Lab) -> None:
    """Drill, checks, traffic, README, services and the student's code keep to the lengths of the house."""
    services = [*lab.stack.rglob("*.py"), *lab.broken.rglob("*.py")]
    limits = {path.relative_to(lab.folder).as_posix(): SERVICE_FILE_LENGTH for path in services} | LENGTHS
    lengths = {name: length(lab.folder / name) for name in limits}

    assert {name: lines for name, lines in lengths.items() if lines > limits[name]} == {}
    assert sum(length(path) for path in lab.drill.glob("*.py")) <= DRILL_LENGTH
    assert sum(length(lab.broken / name) for name in files.editable(lab)) <= STUDENT_LENGTH


def test_the_symptom_is_a_check(lab: Lab) -> None:
    """What must fail as shipped is one of the lab's checks, of which there are several."""
    assert lab.symptom in promises(lab)
    assert len(promises(lab)) >= 3, "a lab needs three checks at least"


def test_every_check_promises_and_says_why(lab: Lab) -> None:
    """A check's docstring has a promise of one paragraph, and after it why that matters."""
    without = [name for name, text in promises(lab).items() if not all(inspect.cleandoc(text).partition("\n\n")[::2])]

    assert without == []


def test_the_judge_is_pure(lab: Lab) -> None:
    """judge.py and checks.py reach for nothing but the recording: no clock, file, chance or hand of the drill."""
    hands = {path.stem for path in lab.drill.glob("*.py")} - {"judge", "checks", "limits", "__init__"}
    for name in ("judge.py", "checks.py"):
        nodes = list(ast.walk(ast.parse((lab.drill / name).read_text())))
        direct = {
            alias.name.partition(".")[0] for node in nodes if isinstance(node, ast.Import) for alias in node.names
        }
        named = {(node.module or "").partition(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
        assert (direct | named) & (IMPURE | hands) == set(), name
        assert not [node for node in nodes if isinstance(node, ast.Name) and node.id in ("open", "eval", "exec")], name


def test_every_check_has_hints(lab: Lab) -> None:
    """There are at least three hints for each check, none twice, and none for what is no check."""
    found = hints.of(lab)

    assert set(found) == set(promises(lab))
    assert {name: texts for name, texts in found.items() if len(set(texts)) < 3} == {}


def test_there_are_fixes_and_decoys_enough(lab: Lab) -> None:
    """A lab ships two right fixes and four plausible wrong ones at least."""
    kinds = [variant.kind for variant in variants.of(lab)]

    assert (kinds.count("fix") >= 2, kinds.count("decoy") >= 4) == (True, True), "wanted: two fixes and four decoys"


def test_each_promise_has_literal_recordings(lab: Lab) -> None:
    """tests/promises/test_<slug>.py names each check of the lab: one recording keeps it, one breaks it."""
    path = paths.ROOT / "tests" / "promises" / f"test_{lab.slug.replace('-', '_')}.py"
    assert path.is_file(), f"write {path.name}, as test_cache_stampede.py beside it is written"
    text = path.read_text(encoding="utf-8")
    assert [name for name in checks.names(lab) if name not in text] == []


def test_the_solution_holds_what_it_should(lab: Lab) -> None:
    """Debrief, hints, fixes and decoys; explained mutants and figures where there are some; nothing else."""
    there = {path.name for path in lab.solution.iterdir()}

    assert there - WHERE_THERE == SOLUTION
    assert measured.of(lab).keys() <= {measured.REPEATS, measured.MUTANTS}


def test_explained_mutants_are_there(lab: Lab) -> None:
    """Each entry of mutants.toml is about a change that its fixes still have, and none is there twice."""
    known = equivalents.of(lab)
    fixes = {fix for one in known for fix in one.fixes}
    assert fixes <= {variant.short for variant in variants.of(lab) if variant.kind == "fix"}

    found = [one for fix in sorted(fixes) for one in mutants.of_fix(lab, fix)]
    assert equivalents.stale(known, found) == []
    assert len({(one.file, one.change) for one in known}) == len(known)


def test_every_decoy_has_its_check(lab: Lab) -> None:
    """Each decoy's header names a check that there is, and says all that it has to."""
    headers = [variants.decoy(lab, one.short) for one in variants.of(lab) if one.kind == "decoy"]
    assert [one.name for one in headers if TO_SAY in (one.looks_like, one.because)] == []
    named = {variant.caught_by for variant in variants.of(lab) if variant.kind == "decoy"}

    assert named - set(promises(lab)) - {checks.NOTHING_DIES} == set()


def test_fixes_hold_only_what_differs(lab: Lab) -> None:
    """A fix consists of editable files that are not as shipped."""
    for folder in sorted(lab.fixes.glob("*")):
        own, shipped = files.texts(folder), files.texts(lab.broken)
        assert own, folder
        assert [name for name, text in own.items() if shipped.get(name) in (None, text)] == [], folder


def test_every_variant_is_another_one(lab: Lab) -> None:
    """Every patch fits its base; no fix and no decoy is the lab as shipped, or another one under a second name."""
    texts = {variant.name: tuple(sorted(variant.files().items())) for variant in variants.of(lab)}

    assert len(set(texts.values())) == len(texts)


def test_the_debrief_names_every_fix(lab: Lab) -> None:
    """The debrief compares all fixes; its table of decoys is generated."""
    text = lab.debrief.read_text()

    assert [path.name for path in lab.fixes.glob("*") if f"`{path.name}`" not in text] == []
    assert index.debrief(lab) == text


def test_every_variant_has_a_small_recording_that_is_judged_rightly(lab: Lab) -> None:
    """By the kept recordings, as shipped is BROKEN on the symptom, fixes are FIXED, decoys BROKEN on their check."""
    results = [proof.judged_again(case) for case in proof.cases(lab)]

    assert {one.case.variant.name: f"{one.seen} {one.why}" for one in results if not one.right} == {}
    assert {one.case.recording.name for one in results if one.case.recording.stat().st_size > RECORDING_BYTES} == set()
    assert proof.strays(lab) == []


def test_recordings_say_nothing_of_the_machine(lab: Lab) -> None:
    """No path, no address and no host stands in a kept recording."""
    for case in proof.cases(lab):
        text = json.dumps(store.load(case.recording).content)
        assert re.findall(r"/(?:home|root|tmp|work|Users)/|127\.0\.0\.1|172\.\d+\.\d+\.\d+", text) == [], (
            case.variant.name
        )


def test_nothing_dangerous_stands_in_compose(lab: Lab) -> None:
    """No names or ports that two runs would fight over, no power that a student's code must not have."""
    assert re.findall(FORBIDDEN, lab.compose.read_text()) == []


def test_the_entry_is_a_service(lab: Lab) -> None:
    """What is printed under "Look around" begins with a service of the stack."""
    assert re.search(rf"^  {re.escape(lab.entry.partition('/')[0])}:", lab.compose.read_text(), re.MULTILINE)


@pytest.mark.docker
def test_compose_takes_the_stack(lab: Lab) -> None:
    """Docker Compose accepts the stack, and what comes of it has limits, labels, and free loopback ports."""
    environment = Stack(lab, lifecycle.Claim(lab.slug), lab.broken).environment()
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


def test_the_generated_tables_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index counts the decoys that there are, and shows what was measured last."""
    monkeypatch.delenv("OUTAGE_LABS")
    assert index.stale() == [], "make index brings them up to date"
