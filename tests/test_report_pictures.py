"""Do the report's pictures tell what happened when, on scales that compare?"""

from __future__ import annotations

from typing import Any

import pytest
from stampede import pictures, recording

from harness.judge.recording import Picture
from harness.report import labels, timeline
from harness.report.course import Course, onto, read
from harness.report.drawing import counted
from harness.report.picture import peak, shown

Json = dict[str, Any]


def course(*phases: tuple[str, float, float], **changed: Any) -> Course:
    """The course of a run of these phases and nothing else, but for what is changed."""
    empty: Json = {"marks": [], "samples": {}, "traffic": {"seconds": [], "phases": {}}}
    rows = [{"name": name, "start": start, "end": end} for name, start, end in phases]
    return read(recording(broken=True, **empty | {"phases": rows} | changed))


def second(at: int, **seen: Any) -> Json:
    """What customers saw in one second."""
    return {"at": at, "requests": 0} | seen


def drawn(now: Course, shipped: Course | None = None) -> Json:
    """The timeline of a run that has something to draw."""
    figure, _ = timeline.figures(now, shipped)
    assert figure is not None
    return figure


def test_panels_follow_one_time_axis() -> None:
    """Rate, latency, errors and the lab's signal share one time axis, and bands and lines cross them all."""
    figure = drawn(read(recording(broken=True)))
    assert {trace.get("xaxis", "x") for trace in figure["data"]} == {"x"}
    assert {trace["yaxis"] for trace in figure["data"]} == {"y", "y2", "y3", "y4"}
    assert [shape["type"] for shape in figure["widths"][1]["layout"]["shapes"]] == ["rect"] * 5 + ["line"] * 4


def test_labels_of_marks_and_phases_never_overlap() -> None:
    """However close marks and phases are, their labels stand beside or above each other."""
    marks = [{"name": f"mark with a long name {at}", "at": 7 + at / 20, "kind": "note"} for at in range(8)]
    phases = [{"name": f"a phase of its own {at}", "start": at / 2, "end": (at + 1) / 2} for at in range(20)]
    run = read(recording(broken=True, marks=marks, phases=phases))
    for spots in (
        labels.mark_spots(run.marks, float, run.end, 470, named=True),
        labels.phase_spots(run.phases, float, run.end, 250),
    ):
        together = [(one, two) for one in spots for two in spots if one is not two and one.row == two.row]
        assert all(one.right <= two.left or two.right <= one.left for one, two in together)


def test_run_as_shipped_stands_beside_on_the_same_scales() -> None:
    """Before and after can be compared: two timelines with the same axes."""
    now, shipped = timeline.figures(read(recording(broken=False)), read(recording(broken=True)))
    assert now is not None
    assert shipped is not None
    for axis in ("xaxis", "yaxis", "yaxis2", "yaxis3", "yaxis4"):
        assert now["layout"][axis]["range"] == shipped["layout"][axis]["range"]


def test_phases_are_aligned_though_they_lasted_differently() -> None:
    """Times of the run as shipped move so that its phases coincide with this run's."""
    slow, fast = course(("a", 0, 4), ("b", 4, 14)), course(("a", 0, 2), ("b", 2, 4))
    assert [onto(slow, fast)(at) for at in (0, 2, 4, 9, 14, 15)] == [0, 1, 2, 3, 4, 5]


def test_times_stay_where_no_phase_is_shared() -> None:
    """Runs whose phases have nothing in common are drawn on their own times."""
    assert onto(course(("a", 0, 4)), course())(3.5) == 3.5


def test_a_phase_without_length_does_no_harm() -> None:
    """A run that broke off as a phase began can still be aligned."""
    one = course(("a", 0, 0), ("b", 0, 3))
    assert onto(one, one)(1.5) == 1.5


def test_traffic_after_the_last_phase_is_shown_only_if_the_run_broke_off() -> None:
    """A drill's end is the end of its picture; a run that ended within a phase shows how."""
    traffic = {"seconds": [second(at, requests=9) for at in range(9)], "phases": {}}
    assert course(("a", 0, 4), traffic=traffic).end == 4
    assert course(("a", 0, 4), traffic=traffic, unknown=["this machine is too busy"]).end == 9
    assert course(("a", 0, 4), traffic=traffic, broken_off=["the drill itself failed"]).end == 9


def test_a_second_that_the_drill_ended_in_is_drawn_for_what_it_was() -> None:
    """Half a second of traffic is no fall of the rate, and what begins as the load ends is no error of the drill."""
    seconds = [second(0, requests=100), second(1, requests=60), second(2, requests=5, by_error={"ended": 5})]
    for end, rates in ((1.6, [100, 100]), (1.4, [100]), (2.0, [100, 60])):
        figure = drawn(course(("a", 0, end), traffic={"seconds": seconds, "phases": {}}))
        assert figure["data"][0]["y"] == rates
        assert not [trace for trace in figure["data"] if trace["type"] == "bar"]


def test_seconds_without_requests_are_drawn_as_none() -> None:
    """A gap in which no customer began a request is zero requests, and not a line across it."""
    seconds = [second(1, requests=100, p95_ms=5.0), second(4, requests=100, p95_ms=6.0)]
    figure = drawn(course(("a", 0, 5), traffic={"seconds": seconds, "phases": {}}))
    rate, _, p95, _ = figure["data"][:4]
    assert (rate["x"], rate["y"]) == ([1.5, 2.5, 3.5, 4.5], [100, 0, 0, 100])
    assert p95["y"] == [5.0, None, None, 6.0]


def test_errors_beyond_the_colours_are_shown_together() -> None:
    """Rare kinds of errors share one colour, and none is lost."""
    by_error = {f"HTTP {500 + kind}": 20 - kind for kind in range(12)}
    figure = drawn(course(traffic={"seconds": [second(0, requests=300, by_error=by_error)], "phases": {}}))
    bars = [trace for trace in figure["data"] if trace["type"] == "bar"]
    assert bars[-1]["name"] == "other errors"
    assert sum(sum(trace["y"]) for trace in bars) == sum(by_error.values())


@pytest.mark.parametrize(("values", "end"), [([1, 2], 8), ([], 8), ([1, 20], 20)])
def test_a_labs_scale_is_the_same_in_every_run(values: list[int], end: float) -> None:
    """A sample's full bar is what the lab says, so that one and two writers look like one and two in all runs."""
    series = [[at, value] for at, value in enumerate(values)]
    figure = drawn(course(("a", 0, 4), samples={"writers": series}, samples_most={"writers": 8}))
    assert figure["layout"]["yaxis4"]["range"] == [0, end * 1.08]


def test_small_counts_have_whole_numbers_on_their_axis() -> None:
    """One writer and two writers are told apart; half a writer is not on the scale."""
    assert counted(2.2)["dtick"] == 1
    assert "dtick" not in counted(300)
    assert "dtick" not in counted(0.4)


def test_bars_above_the_limit_are_bad_in_colour_and_pattern() -> None:
    """The limit is a line; what crosses it differs by colour, by pattern and in words."""
    each = shown(Picture("t", "bars", {"x": [1, 2, 3], "y": [1, 5, 2], "limit": 2}), "key")
    assert each.figure is not None
    good, bad = each.figure["data"]
    assert (good["y"], bad["y"]) == ([1, 2], [5])
    assert good["marker"]["color"] != bad["marker"]["color"]
    assert good["marker"]["pattern"]["shape"] != bad["marker"]["pattern"]["shape"]
    assert each.figure["layout"]["shapes"][0]["y0"] == 2
    assert each.caption == "1 of 3 values is above the limit of 2."


def test_all_kinds_of_pictures_are_shown() -> None:
    """Bars, series and spans are drawn; a table is a table, in which nothing is a dash."""
    bars, series, spans, table = (shown(each, "key") for each in pictures(recording(broken=True)))
    assert all(each.figure for each in (bars, series, spans))
    assert table.figure is None
    assert table.rows == (("select load_product($1)", "812", "80.4"), ("select 1", "4", "–"))
    assert spans.note == "Each bar is one call."


def test_what_is_no_number_is_not_drawn() -> None:
    """None stands for no number: it lowers no axis and is no bar."""
    each = Picture("t", "bars", {"x": ["a", "b"], "y": [None, 3]})
    assert peak(each) == pytest.approx(3.45)
    assert shown(each, "key").figure is not None
    assert shown(Picture("t", "table", {"columns": ["a"], "rows": [[None], [float("nan")]]}), "").rows == (
        ("–",),
        ("–",),
    )
