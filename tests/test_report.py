"""Does the report tell what was recorded, open without a network, and keep a student's strings harmless?"""

from __future__ import annotations

import copy
import math
import re
import shutil
from collections.abc import Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from stampede import CHECKS, MARKS, PHASES, SYMPTOM, Tags, content, embedded, judged, page, recording

from harness import paths
from harness.errors import OutageError
from harness.judge import checks, store, verdict
from harness.judge.checks import FAILED, NOTHING_DIES, PASSED, UNKNOWN_OUTCOME, CheckResult
from harness.judge.recording import FORMAT, Picture, Recording
from harness.lab import catalogue

ATTACK = '</script><script>alert(1)</script><img src="https://evil.example/x" onerror=alert(2)>{{ 7 * 7 }}\u2028'
MOST_BYTES = 150_000


@pytest.fixture(scope="module", autouse=True)
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of runs for all of these tests, with a blank and a ü in its path."""
    folder = tmp_path_factory.mktemp("of a student") / "Läufe"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTAGE_RUNS", str(folder))
        yield folder


@pytest.fixture
def here(runs: Path, request: pytest.FixtureRequest) -> Path:
    """The folder of one run."""
    folder = runs / "cache-stampede" / re.sub(r"\W", "-", request.node.name)
    folder.mkdir(parents=True)
    return folder


# --- one page, one script -----------------------------------------------------------------------------------------


def test_page_asks_the_network_for_nothing(here: Path) -> None:
    """The page loads one script from its own machine, and forbids the browser to load anything else."""
    tags = Tags(page(here, recording(broken=False), judged(), recording(broken=True))).found
    loads = [
        value
        for _, attrs in tags
        for name, value in attrs.items()
        if name in {"src", "href", "srcset", "action", "data"}
    ]
    assert loads[0] == "data:,"
    assert re.fullmatch(r"\.\./\.\./\.assets/plotly-[\w.]+\.min\.js", loads[1] or "")
    assert len(loads) == 2
    policy = next(attrs["content"] or "" for tag, attrs in tags if tag == "meta" and "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'")


def test_the_script_is_where_the_page_looks_for_it(here: Path) -> None:
    """Relative to the page, also through the link `latest` and from a folder with other signs in its path."""
    text = page(here, recording(broken=False), judged())
    [address] = re.findall(r'<script nonce="[^"]+" src="([^"]+)"', text)
    script = here / unquote(address)
    assert script.read_bytes()[:300].count(b"plotly.js v") == 1
    latest = here.parent / "latest"
    latest.symlink_to(here.name)
    assert Path(f"{latest.parent}/{unquote(address).removeprefix('../')}").exists()


def test_reports_share_one_copy_of_the_script(here: Path, runs: Path) -> None:
    """However many reports there are: nothing else is left in the folder, and each report is small."""
    for name in ("first", "second"):
        (here / name).mkdir()
        page(here / name, recording(broken=False), judged(), recording(broken=True))
        assert (here / name / "report.html").stat().st_size < MOST_BYTES
    assert len(list((runs / ".assets").iterdir())) == 1


def test_a_page_without_the_script_says_how_to_get_the_pictures(here: Path) -> None:
    """The sentence stands in every page; the page's own script shows it where the plotting script is missing."""
    text = page(here, recording(broken=True), judged(SYMPTOM))
    said = next(attrs for _, attrs in Tags(text).found if attrs.get("id") == "no-pictures")
    assert "hidden" in said
    assert re.search(r"Copy <code>runs/.assets/plotly-[\w.]+min\.js</code> into the folder of this page", text)
    assert 'getElementById("no-pictures").hidden = false' in text


def test_a_missing_package_is_named(here: Path, monkeypatch: pytest.MonkeyPatch, runs: Path) -> None:
    """Without the plotting package there is one clear error, which costs the report and nothing else."""
    shutil.rmtree(runs / ".assets", ignore_errors=True)
    monkeypatch.setattr("harness.report.script.find_spec", lambda _: None)
    with pytest.raises(OutageError, match="has no plotly"):
        page(here, recording(broken=True), judged(SYMPTOM))


def test_own_parts_name_no_address(here: Path) -> None:
    """The page holds no address of another machine."""
    text = page(here, recording(broken=True), judged(SYMPTOM))
    assert not re.search(r"(https?:)?//[a-z0-9-]+\.[a-z]{2,}", text)
    assert "@import" not in text
    assert "url(" not in text


def test_every_script_carries_the_nonce(here: Path) -> None:
    """Only the page's own scripts may run, so a string that slipped through would not."""
    tags = Tags(page(here, recording(broken=True), judged())).found
    nonces = {attrs.get("nonce") for tag, attrs in tags if tag == "script"}
    assert len(nonces) == 1
    assert f"script-src 'nonce-{nonces.pop()}'" in str(tags)


# --- words and tables ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["FIXED", "BROKEN", "UNKNOWN"])
def test_verdict_is_a_word_and_a_sign(here: Path, word: str) -> None:
    """The verdict is told by word, sign and colour, also in the window's title."""
    text = page(here, recording(broken=True, title="DNS cutover"), judged(outcome=word))
    sign = {"FIXED": "✓", "BROKEN": "✗", "UNKNOWN": "?"}[word]
    assert f'class="verdict {word.lower()}"' in text
    assert f"<title>{sign} {word} · DNS cutover</title>" in text


def test_checks_tell_promise_seen_wanted_and_why(here: Path) -> None:
    """Each check is named with its promise, and a failed one with what was seen and wanted."""
    text = page(here, recording(broken=True), judged(SYMPTOM))
    for name in CHECKS:
        assert f"<code>{name}</code>" in text
        assert f"The promise of {name.replace('_', ' ')} is kept." in text
    assert "<dd>product 17 was read 34 times after the flush</dd>" in text
    assert "<dd>at most 2</dd>" in text
    assert "Each read that a neighbour already does" in text


def test_kept_promises_tell_what_was_seen_too(here: Path) -> None:
    """Also the one that all labs share; a margin is worth seeing before it is gone."""
    kept = CheckResult(NOTHING_DIES, PASSED, "No service ends by itself.", "", seen="every service stayed up")
    text = page(here, recording(broken=False), verdict.of([*judged().checks, kept]))
    assert text.count('<span class="kept">at most 2 reads of a product</span>') == len(CHECKS)
    assert '<span class="kept">every service stayed up</span>' in text


def test_a_check_that_could_not_judge_says_why(here: Path) -> None:
    """It is neither kept nor broken."""
    unknown = CheckResult(SYMPTOM, UNKNOWN_OUTCOME, "Bounded.", "", "only 3 customers came")
    text = page(here, recording(broken=False), verdict.of([unknown]))
    assert "<dt>Not judged, because</dt><dd>only 3 customers came</dd>" in text
    assert '<span class="outcome">unknown · the symptom</span>' in text


def test_names_in_sentences_stand_as_code(here: Path) -> None:
    """Signs of Markdown are not shown, and nothing else in a sentence is markup."""
    told = CheckResult(SYMPTOM, FAILED, "`zonectl` refuses.", "", "`a<b>` was planned; wanted a refusal by `zonectl`")
    text = page(here, recording(broken=True), verdict.of([told]))
    assert "<b><code>zonectl</code> refuses.</b>" in text
    assert "<dd><code>a&lt;b&gt;</code> was planned</dd>" in text
    assert "<dd>a refusal by <code>zonectl</code></dd>" in text


def test_failed_checks_come_first(here: Path) -> None:
    """What is broken stands above what is kept."""
    text = page(here, recording(broken=True), judged(CHECKS[3]))
    found = re.findall(r"<span class=\"tag\"><code>(\w+)</code>", text)
    assert found == [CHECKS[3], *CHECKS[:3], CHECKS[4]]


def test_reproduced_outage_is_called_so(here: Path) -> None:
    """As shipped, the failing symptom is the outage, and not a student's failure."""
    said = "The outage is reproduced: 1 of 5 promises is broken."
    assert said in page(here, recording(broken=True), judged(SYMPTOM))
    assert said not in page(here, recording(broken=True, variant="student"), judged(SYMPTOM))
    assert said not in page(here, recording(broken=True), judged(CHECKS[0]))


def test_a_death_that_broke_the_drill_off_is_the_only_promise(here: Path) -> None:
    """Nothing else could be judged, and the page says so."""
    died = CheckResult(
        NOTHING_DIES, FAILED, "No service ends by itself.", "", "db ended, wanted every service to stay up"
    )
    words = Tags(page(here, recording(broken=True, broken_off=["db is gone"]), verdict.of([died]))).words
    assert "The only promise that could be judged is broken." in words


def test_run_as_shipped_has_its_own_columns(here: Path) -> None:
    """Both figures of each phase stand side by side."""
    text = page(here, recording(broken=False), judged(), recording(broken=True))
    row = re.search(r'<th scope="row">recovered</th>.*?</tr>', text, re.DOTALL)
    assert row
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", row[0])
    assert len(cells) == 7
    assert cells[-1] == "0 %"
    assert cells[-2] != "0 %"


def test_run_as_shipped_is_compared_with_none(here: Path) -> None:
    """The report of a run as shipped has one timeline, also where there is an earlier one."""
    for earlier in (recording(broken=True), recording(broken=True, run="earlier")):
        assert "shipped" not in embedded(page(here, recording(broken=True), judged(SYMPTOM), earlier))


def test_every_phase_and_mark_is_named(here: Path) -> None:
    """Phases and marks are named in the page and in the picture."""
    text = page(here, recording(broken=True), judged())
    drawn = [note["text"] for note in embedded(text)["now"]["widths"][1]["layout"]["annotations"]]
    for name, _, _ in PHASES:
        assert name in drawn
        assert f'<th scope="row">{name}</th>' in text
    for number, (name, _, _) in enumerate(MARKS, start=1):
        assert any(note.endswith(f" {number} {name}") for note in drawn)
        assert f"</span> {name} <span" in text


def test_a_death_is_a_mark_of_its_own(here: Path) -> None:
    """What ended without the drill's doing stands among the moments, in the order of time."""
    death = {"service": "catalog-1", "at": 6.5, "what": "killed: out of memory", "out_of_memory": True}
    text = page(here, recording(broken=True, deaths=[death]), judged(SYMPTOM))
    assert '<span class="death">✚ 3</span> catalog-1 killed: out of memory <span class="when">at 6.5 s</span>' in text
    assert '<i class="death">✚</i> ended by itself' in text


def test_where_the_run_comes_from_and_how_to_repeat_it(here: Path) -> None:
    """Versions, machine, durations, memory and the command that makes the same random choices again."""
    words = Tags(page(here, recording(broken=True), judged())).words
    told = ["20.10.24", "2 cores", "2.4 s", "231 MiB", "71 MiB", "23 November 2026, 21:05", "15 s"]
    for expected in [*told, "make lab-cache-stampede SEED=7"]:
        assert expected in words


def test_long_facts_are_cut(here: Path) -> None:
    """A fact of thousands of numbers is not a page of its own."""
    facts = {"small": {"17": None}, "large": list(range(9000))}
    text = unescape(page(here, recording(broken=True, facts=facts), judged()))
    assert '<code>{"17": null}</code>' in text
    assert "characters in all; the rest is in recording.json" in text
    assert "8999" not in text


# --- parts that are missing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["phases", "marks", "samples", "memory", "host", "versions", "durations", "facts"])
def test_any_empty_part_leaves_a_page(here: Path, missing: str) -> None:
    """A recording in which a part is empty still makes a page with its verdict and its checks."""
    run = recording(broken=True, run="other", **{missing: type(content(broken=True)[missing])()})
    for other in (None, recording(broken=True, seed=8)):
        text = page(here, run, judged(SYMPTOM), other)
        assert "BROKEN" in text
        assert SYMPTOM in text
    assert page(here, recording(broken=False), judged(), run)


def test_run_without_traffic_has_a_page(here: Path) -> None:
    """A drill need not have customers."""
    phases = {name: {"seconds": 1.0} for name, _, _ in PHASES}
    text = page(here, recording(broken=True, traffic={"seconds": [], "phases": phases}), judged(SYMPTOM))
    assert "no traffic" in str(embedded(text)["now"])
    assert re.search(r'<th scope="row">herd</th><td>1.0 s</td>\s*<td>0</td>', text)


def test_run_that_never_began_gives_its_reason(here: Path) -> None:
    """UNKNOWN before the drill: the reason in full with its lines, and no empty pictures."""
    reason = 'catalog-1 does not start:\n  File "/app/app.py", line 12\nSyntaxError: invalid syntax'
    nothing = {"phases": [], "marks": [], "samples": {}, "facts": {}, "traffic": {"seconds": [], "phases": {}}}
    run = {"format": FORMAT, "lab": "x", "title": "X", "run": "r", "variant": "student", "seed": 1, "unknown": [reason]}
    text = page(here, Recording(nothing | run), verdict.of((), [reason]), pictures=lambda _: [])
    assert unescape(text).count(reason) == 1
    assert "This run cannot be judged." in text
    assert embedded(text) == {}


def test_a_picture_that_cannot_be_drawn_costs_a_line(here: Path) -> None:
    """Whatever an author's picture lacks, the page has everything else, and says what was wrong."""
    bad = [
        Picture("No values", "bars", {"x": [1, 2]}),
        Picture("From the future", "hologram", {"depth": 3}),
        Picture("Uneven", "bars", {"x": [1], "y": [1, 2]}),
        Picture("Good", "table", {"columns": ["a"], "rows": [[1]]}),
    ]
    words = Tags(page(here, recording(broken=True), judged(SYMPTOM), pictures=lambda _: bad)).words
    assert "“No values” could not be drawn: KeyError: 'y'" in words
    assert "“From the future” could not be drawn: ValueError: kind is 'hologram'" in words
    assert "“Uneven” could not be drawn: ValueError" in words
    assert "Good" in words
    assert "BROKEN" in words


def test_a_lab_whose_pictures_fail_as_a_whole_costs_a_line(here: Path) -> None:
    """The function that makes them may fail, for this run or for the one as shipped."""

    def fails(seen: Recording) -> list[Picture]:
        raise LookupError(f"nothing of {seen.variant}")

    words = Tags(page(here, recording(broken=False), judged(), recording(broken=True), pictures=fails)).words
    assert "The lab's pictures could not be drawn: LookupError: nothing of student" in words
    assert "The lab's pictures of the run as shipped could not be drawn: LookupError: nothing of as shipped" in words


def test_a_picture_whose_counterpart_fails_is_drawn_alone(here: Path) -> None:
    """What went wrong as shipped costs this run nothing."""

    def half(seen: Recording) -> list[Picture]:
        data = {"x": ["a"], "y": [2]} if seen.variant == "student" else {"x": ["a"]}
        return [Picture("Half", "bars", data)]

    text = page(here, recording(broken=False), judged(), recording(broken=True), pictures=half)
    assert "“Half” beside the run as shipped could not be drawn" in text
    assert set(embedded(text)) & {"picture0", "picture0-shipped"} == {"picture0"}


# --- a student's strings ------------------------------------------------------------------------------------------


def poisoned(value: Any) -> Any:
    """The same structure with every text and every free key turned into an attack."""
    keep = {"format", "kind", "started_at"}
    if isinstance(value, dict):
        return {key: each if key in keep else poisoned(each) for key, each in value.items()}
    if isinstance(value, list):
        return [poisoned(each) for each in value]
    return ATTACK if isinstance(value, str) else value


def poisoned_pictures(_: Recording) -> list[Picture]:
    """A table and bars whose every text is an attack."""
    bars = {"x": [ATTACK], "y": [3], "limit": 2, "x_title": ATTACK, "y_title": ATTACK, "note": ATTACK}
    return [
        Picture(ATTACK, "table", {"columns": [ATTACK], "rows": [[ATTACK]]}),
        Picture(ATTACK, "bars", bars),
        Picture(ATTACK, "series", {"lines": {ATTACK: [[0, 1]]}}),
        Picture(ATTACK, "spans", {"rows": [{"row": ATTACK, "label": ATTACK, "start": 0, "end": 1}]}),
        Picture(ATTACK, ATTACK, {}),
    ]


def test_strings_of_a_student_stay_strings(here: Path) -> None:
    """Whatever stands in names, messages and facts adds no element, ends no script and runs no template."""
    harmless = Tags(page(here, recording(broken=True), judged(SYMPTOM))).found
    run = content(broken=True)
    run["samples"] = {ATTACK: run["samples"]["reads in flight"], "x" + ATTACK: [[0, 1]]}
    run["traffic"]["seconds"][6]["by_error"][ATTACK] = 99
    run["memory"]["by_container"][ATTACK] = 1.0
    run["facts"] |= {ATTACK: ATTACK}
    run["deaths"] = [{"service": ATTACK, "at": 1.0, "what": ATTACK}]
    phases = run["traffic"].pop("phases")
    run = poisoned(run)
    run["traffic"]["phases"] = {ATTACK: phases["herd"] | {"by_name": {ATTACK: phases["herd"]["by_name"]["product"]}}}
    told = verdict.of([CheckResult(ATTACK, "unknown", ATTACK, ATTACK, ATTACK)], [ATTACK])
    text = page(here, Recording(run), told, pictures=poisoned_pictures)
    found = Tags(text).found
    assert [tag for tag, _ in found].count("script") == [tag for tag, _ in harmless].count("script")
    assert not [tag for tag, attrs in found if tag == "img" or "onerror" in attrs]
    assert "</script><script>alert" not in text
    assert escape("{{ 7 * 7 }}") in text


def test_texts_in_pictures_are_no_markup(here: Path) -> None:
    """The plotting library reads markup in labels, so labels carry none of a student's."""
    run = content(broken=True)
    run["marks"][0]["name"] = '<a href="https://evil.example">x</a>'
    drawn = str(embedded(page(here, Recording(run), judged())))
    assert "<a" not in drawn
    assert "&lt;a" in drawn


def test_what_does_not_print_is_shown_by_its_escape(here: Path) -> None:
    """No text turns the direction of writing, hides itself or sends a terminal's commands: in tables and pictures."""
    run = content(broken=True)
    run["marks"][0]["name"] = run["facts"]["said"] = "a\u202eb\x1b[31mc\u200bd"
    text = page(here, Recording(run), judged())
    assert not {"\u202e", "\x1b", "\u200b"} & set(text)
    assert "a\\u202eb\\x1b[31mc\\u200bd" in str(embedded(text)["now"]["widths"][2]).replace("\\\\", "\\")
    assert "a\\u202eb\\x1b[31mc\\u200bd" in text
    assert "a\\u202eb\\u001b[31mc\\u200bd" in text


def test_lone_surrogates_and_nan_do_not_stop_the_report(here: Path) -> None:
    """Texts that no encoding knows and numbers that are none are shown as well as may be."""
    run = content(broken=True)
    run["facts"] = {"odd": "\ud800"}
    run["samples"]["reads in flight"][3][1] = math.nan
    text = page(here, Recording(run), judged())
    assert embedded(text)["now"]["data"][-1]["y"][3] is None


def test_writing_leaves_the_recording_as_it_was(here: Path) -> None:
    """The report reads, and changes nothing."""
    run = content(broken=True)
    before = copy.deepcopy(run)
    page(here, Recording(run), judged(SYMPTOM), recording(broken=False))
    assert run == before


# --- recorded runs ------------------------------------------------------------------------------------------------

RECORDED = sorted((paths.ROOT / "tests" / "recordings").glob("*/as-shipped.json.gz"))


@pytest.mark.parametrize("shipped", RECORDED, ids=lambda path: path.parent.name)
def test_pictures_of_recorded_runs_can_be_drawn(here: Path, shipped: Path) -> None:
    """Each lab's own pictures, of its fixes beside the run as shipped; and no report is large."""
    lab = catalogue.lab(shipped.parent.name)
    for fix in sorted(shipped.parent.glob("fix-*.json.gz")):
        seen = store.load(fix)
        text = page(here, seen, verdict.judge(lab, seen), store.load(shipped), lambda each: checks.pictures(lab, each))
        assert "could not be drawn" not in text
        assert {"now", "shipped"} <= embedded(text).keys()
        assert len(text) < MOST_BYTES
