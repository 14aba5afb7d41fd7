"""Is what was measured of a lab kept as it was, bounded rightly, and shown?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from toys import copy

from harness.errors import ManifestError
from harness.lab import index, measured
from harness.lab.manifest import Lab

COUNTS: dict[str, Any] = {
    "sample": 40, "counted": 36, "killed": 33, "survived": 3, "equivalent": 2, "not_loaded": 1, "not_judged": 1,
    "score": 0.917,
}  # fmt: skip


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy with one fix and one decoy."""
    return copy("02-always-broken", tmp_path / "labs")


@pytest.mark.parametrize("runs", [1, 10, 220, 3000])
def test_without_a_false_verdict_the_bound_is_the_simple_one(runs: int) -> None:
    """With none false, it is the rate at which so many right ones have a chance of one in twenty."""
    assert measured.upper_bound(0, runs) == pytest.approx(1 - 0.05 ** (1 / runs), rel=1e-9)


@pytest.mark.parametrize(
    ("false", "runs", "bound"),
    [
        (1, 10, 0.3942),
        (2, 20, 0.2826),
        (1, 440, 0.01074),
        (5, 100, 0.1023),
        (9, 10, 0.9949),
        (10, 10, 1.0),
        (0, 0, 1.0),
    ],
)
def test_the_bound_is_exact(false: int, runs: int, bound: float) -> None:
    """As in tables of Clopper and Pearson's one-sided bound; of nothing nothing is known."""
    assert measured.upper_bound(false, runs) == pytest.approx(bound, abs=6e-5)


def test_nothing_is_measured_at_first(lab: Lab) -> None:
    """A lab without the file has no figures."""
    assert measured.of(lab) == {}


def test_idle_and_busy_runs_are_kept_apart(lab: Lab) -> None:
    """A run on a busy machine adds to the busy figures and leaves the idle ones, and the other way round."""
    measured.keep_repeats(lab, measured.IDLE, variants=3, runs=30, false=0)
    idle = measured.of(lab)["repeats"]["idle"]
    measured.keep_repeats(lab, measured.BUSY, variants=3, runs=60, false=1)
    measured.keep_repeats(lab, measured.BUSY, variants=3, runs=15, false=0)

    said = measured.of(lab)["repeats"]
    assert said["idle"] == idle == {"date": said["date"], "repeats": 10, "runs": 30, "false": 0}
    assert (said["busy"]["repeats"], said["busy"]["runs"], said["busy"]["false"]) == (25, 75, 1)
    assert (said["variants"], said["upper_bound"]) == (3, round(measured.upper_bound(1, 105), 4))


@pytest.mark.parametrize(
    "changed", ["drill/checks.py", "broken/shop/app.py", "lab.toml", "solution/fixes/right/shop/app.py"]
)
def test_runs_of_an_earlier_lab_are_dropped(lab: Lab, changed: str) -> None:
    """What was measured of another drill, or other code, says nothing of this one: it is marked, and begun again."""
    measured.keep_repeats(lab, measured.IDLE, variants=3, runs=30, false=1)
    file = lab.folder / changed
    before = index.proof_table([lab])
    file.write_text(file.read_text() + "\n# another\n")
    marked = index.proof_table([lab])
    measured.keep_repeats(lab, measured.BUSY, variants=3, runs=6, false=0)

    assert (before.endswith("% |"), marked.endswith("% * |")) == (True, True)
    assert {"idle", "busy"} & measured.of(lab)["repeats"].keys() == {"busy"}
    assert index.proof_table([lab]).endswith("% |")


def test_words_about_a_lab_leave_its_figures_alone(lab: Lab) -> None:
    """Another sentence in the README or the debrief changes no run."""
    before = measured.digest(lab)
    (lab.folder / "README.md").write_text("# Another title\n")
    measured.keep_mutants(lab, 7, COUNTS)

    assert measured.digest(lab) == before


def test_mutants_are_kept_beside_the_repeats(lab: Lab) -> None:
    """One section does not touch the other."""
    measured.keep_repeats(lab, measured.IDLE, variants=3, runs=30, false=0)
    measured.keep_mutants(lab, 7, COUNTS)
    measured.keep_repeats(lab, measured.IDLE, variants=3, runs=30, false=0)

    said = measured.of(lab)
    assert list(said) == ["repeats", "mutants"]
    assert said["mutants"] == {
        "date": said["repeats"]["date"], "seed": 7, "sample": 40, "counted": 36, "killed": 33, "equivalent": 2,
        "survived": 3, "score": 0.917,
    }  # fmt: skip
    assert said["repeats"]["idle"]["runs"] == 60


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "is not what Outage Lab writes"),
        ('{"mutants": {"score": 1}}', "is not what Outage Lab writes"),
        ('{"more": {}}', "is not what Outage Lab writes"),
        ('{"repeats": {"date": "", "variants": 1, "upper_bound": 1, "idle": {}}}', "is not what Outage Lab writes"),
    ],
)
def test_a_damaged_file_is_one_clear_error(lab: Lab, text: str, said: str) -> None:
    """The message names the file and the commands that write it again."""
    measured.path_of(lab).write_text(text)

    with pytest.raises(ManifestError, match=rf"proof\.json: .*{said}.*make mutate-always-broken KEEP=1"):
        measured.of(lab)


def test_the_index_shows_dashes_at_first(lab: Lab) -> None:
    """Decoys are counted; what was not measured is a dash."""
    assert index.proof_table([lab]).splitlines()[2:] == ["| 02 | always-broken | 1 | – | – |"]


def test_the_index_shows_what_was_measured(lab: Lab) -> None:
    """Share and date of mutants, false verdicts with their bound."""
    idle, busy = ({"date": "2026-11-20", "repeats": 10, "runs": 220, "false": 0} for _ in range(2))
    repeats = {"of": measured.digest(lab), "date": "2026-11-25", "variants": 22, "idle": idle, "upper_bound": 0.0135}
    content = {"repeats": repeats, "mutants": {"date": "2026-11-26", "seed": 7} | _kept(COUNTS)}
    measured.path_of(lab).write_text(json.dumps(content))
    alone = index.proof_table([lab]).splitlines()[2]
    content["repeats"] = repeats | {"busy": busy, "upper_bound": 0.0068}
    measured.path_of(lab).write_text(json.dumps(content))
    both = index.proof_table([lab]).splitlines()[2]

    killed = "33 of 36 (91.7 %), 2026-11-26"
    assert alone == f"| 02 | always-broken | 1 | {killed} | 0 in 220 runs (10 idle of each variant): at most 1.4 % |"
    assert both.endswith("| 0 in 440 runs (10 idle, 10 busy of each variant): at most 0.68 % |")


def _kept(counts: dict[str, Any]) -> dict[str, Any]:
    return {key: counts[key] for key in measured.MUTANT_KEYS}
