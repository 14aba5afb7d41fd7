"""Do checks read a recording as the contract says, and is what was not recorded never taken for a value?"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from toys import NORMAL, RECORDING

from harness.errors import NotJudgedError, OutageError
from harness.judge.recording import Death, Mark, Phase, Recording, Second
from harness.judge.store import load, save
from harness.run.raw import plain


@pytest.fixture
def seen() -> Recording:
    """A small recording."""
    return Recording(RECORDING)


def test_facts_are_attributes(seen: Recording) -> None:
    """What the drill recorded is read by its name, beside seed, marks, samples and phases."""
    assert (seen.reads, seen.seed, seen.phase_names) == (3, 7, ["normal"])
    assert seen.marks == [Mark("cache flushed", 1.5, "fault")]
    assert seen.samples["reads"] == [[0.1, 2.0]]


def test_a_fact_that_was_not_recorded_cannot_be_judged(seen: Recording) -> None:
    """An unknown fact raises what makes a check UNKNOWN, and names the fact."""
    with pytest.raises(NotJudgedError, match="did not record `writes`"):
        _ = seen.writes


def test_a_phase_that_did_not_begin_cannot_be_judged(seen: Recording) -> None:
    """An unknown phase raises what makes a check UNKNOWN, and names the phase."""
    with pytest.raises(NotJudgedError, match="did not come to the phase 'herd'"):
        seen.phase("herd")


def test_a_phase_has_rates_and_ratios(seen: Recording) -> None:
    """Rate and share of errors follow from the counts."""
    normal = seen.phase("normal")

    assert (normal.requests, normal.rate, normal.error_ratio) == (10, 5.0, 0.1)
    assert (normal.p95_ms, normal.by_error) == (9.0, {"timeout": 1})


def test_requests_of_a_name_that_nobody_sent_are_zero(seen: Recording) -> None:
    """A name without requests gives zeros and no division by zero."""
    none = seen.phase("normal").named("basket")

    assert (none.requests, none.errors, none.error_ratio, none.rate, none.seconds) == (0, 0, 0.0, 0.0, 2.0)


def test_requests_are_told_apart_by_name() -> None:
    """named() gives the figures of one kind of request."""
    content = copy.deepcopy(RECORDING)
    phases = {"normal": NORMAL | {"by_error": {}, "by_name": {"basket": NORMAL | {"requests": 4, "by_error": {}}}}}
    content["traffic"] = {"seconds": [], "phases": phases}

    assert Recording(content).phase("normal").named("basket").requests == 4


def test_a_requirement_that_is_not_met_cannot_be_judged(seen: Recording) -> None:
    """require() passes what holds, and raises its reason otherwise."""
    seen.require(seen.reads, "nobody read")
    with pytest.raises(NotJudgedError, match="nobody wrote"):
        seen.require([], "nobody wrote")


@pytest.mark.parametrize("content", [{}, {"format": 1}, {"format": "2"}, [], None])
def test_another_format_is_refused(content: Any) -> None:
    """A recording of another format is an error that names both formats."""
    with pytest.raises(OutageError, match=r"of format .* cannot be read\. This version reads format 2"):
        Recording(content)


def test_a_file_is_read_back(tmp_path: Path) -> None:
    """What was written as JSON is read with the same facts."""
    path = tmp_path / "recording.json"
    path.write_text(json.dumps(RECORDING))

    assert load(path).reads == 3


@pytest.mark.parametrize("text", [None, "", '{"format": 2', "[" * 100_000])
def test_a_file_that_is_not_whole_is_named(tmp_path: Path, text: str | None) -> None:
    """A missing or torn file is one error with its path."""
    path = tmp_path / "recording.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(OutageError, match=r"recording.json: cannot be read as a recording"):
        load(path)


def test_what_is_kept_small_is_read_back_the_same(tmp_path: Path) -> None:
    """A recording in gzip has the same facts, and the same content gives the same bytes."""
    one, other = tmp_path / "one.json.gz", tmp_path / "other.json.gz"
    save(RECORDING, one)
    save(RECORDING, other)

    assert load(one).content == RECORDING
    assert one.read_bytes() == other.read_bytes()


def test_everything_of_a_run_has_its_type() -> None:
    """Phases, seconds, deaths and memory are read as what they are; what an older run lacks is empty."""
    content = RECORDING | {"deaths": [{"service": "shop", "at": 1.0, "what": "ended", "out_of_memory": False}]}
    content["traffic"] = {"seconds": [{"at": 3, "requests": 2, "ok": 2, "errors": 0}], "phases": {}}
    seen = Recording(content)

    assert seen.phases == [Phase("normal", 0.0, 2.0)]
    assert seen.seconds == [Second(3, 2, 2)]
    assert seen.deaths == [Death("shop", 1.0, "ended")]
    assert (seen.memory.peak_mib, seen.samples_most, seen.load) == (0.0, {}, [])


def test_facts_become_what_json_carries() -> None:
    """Named tuples and data classes become objects, and what JSON does not know becomes text."""
    assert plain({1: Mark("flush", 0.5, "fault"), "of": (Path("a"), None, True)}) == {
        "1": {"name": "flush", "at": 0.5, "kind": "fault"},
        "of": ["a", None, True],
    }
