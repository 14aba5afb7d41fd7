"""Do checks read a recording as the contract says, and is what was not recorded never taken for a value?"""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from toys import NORMAL, RECORDING

from harness.errors import NotJudgedError, OutageError
from harness.judge.recording import Mark, Recording, load


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


@pytest.mark.parametrize("content", [{}, {"format": 2}, {"format": "1"}])
def test_another_format_is_refused(content: dict[str, object]) -> None:
    """A recording of another format is an error that names both formats."""
    with pytest.raises(OutageError, match=r"of format .* cannot be read; this version knows 1"):
        Recording(content)


def test_a_file_is_read_back(tmp_path: Path) -> None:
    """What was written as JSON is read with the same facts."""
    path = tmp_path / "recording.json"
    path.write_text(json.dumps(RECORDING))

    assert load(path).reads == 3


@pytest.mark.parametrize("text", [None, "", '{"format": 1'])
def test_a_file_that_is_not_whole_is_named(tmp_path: Path, text: str | None) -> None:
    """A missing or torn file is one error with its path."""
    path = tmp_path / "recording.json"
    if text is not None:
        path.write_text(text)

    with pytest.raises(OutageError, match=r"recording.json: cannot be read as a recording"):
        load(path)
