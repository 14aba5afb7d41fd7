"""Does each promise of Queue lag hold on a recording that keeps it, and break on one that does not?"""

from __future__ import annotations

import collections
import importlib
import re
import types
from pathlib import Path
from typing import Any

import pytest
from literal import recording, says

from harness import paths
from harness.judge import checks
from harness.judge.checks import CheckResult
from harness.judge.recording import Death, Recording
from harness.lab import manifest

SLUG = "queue-lag"
LAB = manifest.read(paths.ROOT / "labs" / "08-queue-lag")
STATUS = {1: "created", 2: "paid", 3: "cancelled"}
MOMENTS = {"frozen": 0.5, "sold": 0.9, "thawed": 1.0, "hang": 2.0, "again": 3.0, "hang again": 4.0, "crash": 4.5}
MOMENTS |= {"once more": 5.0, "drained": 6.0}
TOPIC = {"bytes_in": 2_000_000, "messages_in": 1_000, "hanging": 8, "written": 20}

Write = tuple[int, int, float, float]
"""An event's place in `sent`, the write's call, its begin and its end."""


def order(number: int) -> list[dict[str, Any]]:
    """The three events of an order, sent in the sale."""
    cents = {1: 0, 2: 500, 3: -500}
    about = {"order": number, "made": 0.7, "at": 0.7, "partition": number % 3}
    return [
        about | {"sequence": step, "status": STATUS[step], "cents": cents[step], "offset": 3 * number + step}
        for step in STATUS
    ]


SENT = [event for number in range(40) for event in order(number)]


def evenly(events: int, seconds: float = 0.05) -> list[Write]:
    """All events in order, spread over the three seconds in which there is a backlog."""
    ends = [begin + 0.1 + 0.9 * place / (events / 3) for begin in (1.0, 3.0, 5.0) for place in range(events // 3)]
    return [(event, event, end - seconds, end) for event, end in enumerate(ends)]


def columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Rows as the drill keeps them."""
    return {key: [row[key] for row in rows] for key in rows[0]} if rows else {}


def written(writes: list[Write], sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the ledger has of these writes."""
    about = ("order", "sequence", "status", "cents")
    return [
        {"event": event, "call": call, "began": began, "applied": applied} | {key: sent[event][key] for key in about}
        for event, call, began, applied in writes
    ]


def told(seconds: float | None, age: float, *, alarm: bool | None, error: str | None = None) -> dict[str, Any]:
    """An answer of /lag beside the truth."""
    made = 10.0 - age if age else None
    about = {"made": made, "earliest": made, "asked": 10.0, "answered": 10.0}
    return about | {"error": error, "text": '{"…"}', "seconds": seconds, "alarm": alarm}


ANSWERS = {
    "backlog": told(7.9, 8.0, alarm=False),
    "quiet": told(0.0, 0.0, alarm=False),
    "mild": told(8.4, 8.5, alarm=False),
    "old": told(20.2, 20.3, alarm=True),
    "later": told(21.3, 21.4, alarm=True),
    "after": told(0.0, 0.0, alarm=False),
    "elsewhere": told(43.2, 43.2, alarm=True),
}


def run(
    writes: list[Write] | None = None,
    sent: list[dict[str, Any]] | None = None,
    ledger: list[dict[str, Any]] | None = None,
    phases: dict[str, dict[str, Any]] | None = None,
    at_once: int = 3,
    **facts: Any,
) -> Recording:
    """A right run, but for what is given."""
    sent = SENT if sent is None else sent
    rows = written(evenly(len(sent)) if writes is None else writes, sent) if ledger is None else ledger
    names = ("normal", "catching up", "storage fails", "catch-up again", "host dies", "draining")
    seen = {name: {"seconds": 1.0, "requests": 30, "ok": 30} for name in names} | (phases or {})
    known = {
        "sent": columns(sent), "written": columns(rows), "moments": MOMENTS, "ended": [],
        "hang": TOPIC | {"bytes_out": 300_000},
        "crash": {"left": 180, "hanging": 8, "committed": {"orders": {}}, "sent": len(sent)},
        "quiet": {"over": True, "left": 0}, "told": ANSWERS, "unanswered": True,
    }  # fmt: skip
    return recording(facts=known | facts, phases=seen, samples={"writes at once": [[1.0, at_once], [6.5, 0]]})


def of(promise: str, seen: Recording) -> CheckResult:
    """What this promise says of the recording."""
    return says(SLUG, promise, seen)


@pytest.mark.parametrize("promise", [*checks.names(LAB), checks.NOTHING_DIES])
def test_a_right_run_keeps_every_promise_and_says_what_was_seen(promise: str) -> None:
    """Each promise is kept, with a sentence that has a number or the fact in it."""
    result = of(promise, run())

    assert (result.outcome, result.message) == ("passed", "")
    assert result.seen


# --- the database is protected -----------------------------------------------------------------------------------


def test_nine_writes_at_once_in_the_ledger_are_too_many() -> None:
    """Writes overlap by the ledger's own times, whatever the looks saw."""
    result = of("database_is_protected", run([(event, event, 1.0, 1.5 + event / 100) for event in range(9)]))

    assert result.outcome == "failed"
    assert result.message.startswith("most writes under way at once: 9; customers without a page: 0 of 150")


def test_writes_that_were_undone_are_seen_by_the_looks() -> None:
    """Thirty writes that hang and are broken off stand in no ledger."""
    assert "most writes under way at once: 30;" in of("database_is_protected", run(at_once=30)).message


def test_a_statement_of_many_events_is_one_write() -> None:
    """Fifty events of one call take one place."""
    batch = [(event, 7, 1.0, 1.4) for event in range(50)]

    assert of("database_is_protected", run(batch + evenly(120)[50:])).outcome == "passed"


def test_a_consumer_that_writes_nothing_protects_nothing() -> None:
    """A promise of which nothing was seen is never kept."""
    result = of("database_is_protected", run([], at_once=0))

    assert result.outcome == "failed"
    assert result.message.endswith("wanted some writes, but at most 8")


def test_customers_without_a_page_are_counted_by_what_they_got() -> None:
    """Two of 150 are more than one in a hundred, and the message has their errors."""
    errors = {"catching up": {"seconds": 1.0, "requests": 30, "ok": 28, "errors": 2, "by_error": {"HTTP 503": 2}}}
    result = of("database_is_protected", run(phases=errors))

    assert result.outcome == "failed"
    assert "customers without a page: 2 of 150 (HTTP 503: 2)" in result.message


def test_one_page_of_another_order_is_too_many() -> None:
    """Errors may be few, wrong answers may not be."""
    wrong = {"seconds": 1.0, "requests": 300, "ok": 299, "errors": 1, "by_error": {"not that order": 1}}
    result = of("database_is_protected", run(phases={"draining": wrong}))

    assert result.outcome == "failed"
    assert result.message.endswith(
        "(not that order: 1), wanted at most 1 % without a page, and no page of another order"
    )


def test_the_customers_of_each_phase_belong_to_the_promise_or_are_excused_by_the_readme() -> None:
    """The phases that the drill names, and no others."""
    drill = "".join((LAB.folder / "drill" / name).read_text() for name in ("drill.py", "crashes.py"))
    judged = checks.package(LAB, "checks").AFTER_THE_SALE
    excused = {"warm-up", "normal", "sale", "recovered", "quiet topic"}

    assert "before and after that it is not checked" in (LAB.folder / "README.md").read_text()
    assert set(re.findall(r'run\.phase\("([^"]+)"', drill)) == {*judged, *excused}


def test_too_few_customers_or_a_shop_that_was_ill_before_say_nothing() -> None:
    """Then the promise is unknown, and neither kept nor broken."""
    few = run(phases={"draining": {"seconds": 60.0, "requests": 30, "ok": 30}})
    ill = run(phases={"normal": {"seconds": 1.0, "requests": 30, "ok": 29, "errors": 1}})

    assert [of("database_is_protected", seen).outcome for seen in (few, ill)] == ["unknown", "unknown"]


# --- every order once, and in order ------------------------------------------------------------------------------


def test_an_event_that_was_never_written_is_named_by_its_order() -> None:
    """The message has how many are missing, one of them, and how often the consumer had ended."""
    result = of("every_order_once", run(evenly(120)[:-1], ended=[1, 1]))

    assert result.outcome == "failed"
    assert result.message.startswith("1 event (cancelled of order 39) was never written; 120 were sent")
    assert "the consumer had ended by itself (exit codes: 1, 1)" in result.message


def test_an_event_that_was_written_twice_is_doubled() -> None:
    """Also if the second time was long after the first."""
    assert "was written twice" in of("every_order_once", run([*evenly(120), (4, 500, 6.1, 6.2)])).message


@pytest.mark.parametrize("change", [{"event": -1, "order": 77}, {"cents": 1}, {"order": 39}, {"status": "paid"}])
def test_what_was_not_sent_like_that_is_strange(change: dict[str, Any]) -> None:
    """An unknown event, or one with another order, status or price."""
    ledger = written(evenly(120), SENT)
    ledger.append(ledger[0] | change) if "event" in change else ledger.__setitem__(0, ledger[0] | change)

    assert "written and not sent like that" in of("every_order_once", run(ledger=ledger)).message


def test_without_a_lost_answer_nothing_is_known_of_events_that_are_written_twice() -> None:
    """The lab's fault did not take; a missing event is one all the same."""
    outcomes = [of("every_order_once", run(writes, unanswered=False)).outcome for writes in (None, evenly(120)[:-1])]

    assert outcomes == ["unknown", "failed"]


def test_a_later_event_before_an_earlier_one_is_out_of_order() -> None:
    """Paid before created; an order's neighbours do not matter."""
    first, second, *rest = evenly(120)
    swapped = [(second[0], *first[1:]), (first[0], *second[1:]), *rest]
    result = of("events_stay_in_order", run(swapped))

    assert result.outcome == "failed"
    assert result.message.startswith("1 event (created of order 0) was written after a later event")


def test_a_second_write_of_an_event_is_not_out_of_order() -> None:
    """Of an event that was written twice the first time counts; that it is doubled is another promise."""
    assert of("events_stay_in_order", run([*evenly(120), (0, 500, 6.1, 6.2)])).outcome == "passed"


def test_order_of_nearly_nothing_is_no_order() -> None:
    """Where nine of ten events are missing, what is left may be in order by chance."""
    assert of("events_stay_in_order", run(evenly(120)[:12])).outcome == "failed"


# --- the crash ---------------------------------------------------------------------------------------------------


def test_an_event_from_before_the_crash_that_is_missing_is_lost() -> None:
    """The message tells how many of these Kafka had been told to be done."""
    committed = {"hanging": 8, "committed": {"orders": {"orders-0": 1_000, "orders-1": 5}}, "sent": 120}
    result = of("a_crash_loses_nothing", run(evenly(120)[:-3], crash=committed))

    assert result.outcome == "failed"
    assert result.message == (
        "3 events (one is created of order 39) were never written; "
        "120 came before the crash, and Kafka took 3 of these for done"
    )


@pytest.mark.parametrize("at", [4.4, 8.0])
def test_what_was_sent_before_the_crash_is_what_kafka_had_from_the_sales_by_then(at: float) -> None:
    """The sales' own list says it, and no clock: neither when an event was made nor when its sending began."""
    late = [event | {"made": 2.0, "at": at} for event in order(40)]
    crash = {"hanging": 8, "committed": {"orders": {}}, "sent": 120}

    assert of("a_crash_loses_nothing", run(evenly(120), SENT + late, crash=crash)).outcome == "passed"
    assert of("every_order_once", run(evenly(120), SENT + late, crash=crash)).outcome == "failed"
    assert of("a_crash_loses_nothing", run(evenly(120), SENT + late)).outcome == "failed"


def test_what_kafka_was_told_before_a_commit_that_never_came_is_lost() -> None:
    """One event of those that hung in their COMMIT: told to Kafka, and undone with the connection of the dead."""
    told = {"hanging": 1, "committed": {"orders": {"orders-0": 121}}, "sent": 120}
    result = of("a_crash_loses_nothing", run(evenly(120)[:-1], crash=told))

    assert result.outcome == "failed"
    assert result.message.endswith("120 came before the crash, and Kafka took 1 of these for done")


def test_a_consumer_that_did_nothing_when_its_host_died_proves_nothing() -> None:
    """It has to be at work."""
    idle = run(crash={"hanging": 0, "committed": {}, "sent": 120})

    assert of("a_crash_loses_nothing", idle).message.startswith("the consumer had no write under way")


# --- the backlog, and memory -------------------------------------------------------------------------------------


def test_the_pace_is_counted_while_there_is_a_backlog() -> None:
    """Forty events a second in these three seconds are enough, thirty-two are not."""
    enough, few = run(), run(evenly(96), SENT[:96])

    assert of("the_backlog_drains", enough).seen.startswith("40 events a second")
    assert of("the_backlog_drains", few).message.startswith("32 events a second")


def test_events_that_are_written_again_do_not_make_it_faster() -> None:
    """Only an event's first write counts."""
    again = [(event, call + 500, began, end) for event, call, began, end in evenly(60, 0.01)]

    assert of("the_backlog_drains", run(evenly(60, 0.01) + again, SENT[:60])).outcome == "failed"


BUSY: dict[str, Any] = {"moments": MOMENTS | {"frozen": -1.0}}
"""The sale took 1.9 s while the consumer stood still."""


def test_on_a_busy_machine_fewer_events_are_enough_and_it_is_said() -> None:
    """As long as one write and a half were under way, on average."""
    result = of("the_backlog_drains", run(evenly(60, seconds=0.09), SENT[:60], **BUSY))

    assert result.outcome == "passed"
    assert result.seen == (
        "20 events a second were written while there was a backlog, 1.8 writes at a time. "
        "The machine was busy, so that is enough: the sale alone took 1.9 s while the consumer stood still"
    )


def test_the_machine_alone_is_no_excuse_for_one_write_at_a_time() -> None:
    """A consumer that writes one event after the other is too slow on any machine."""
    assert of("the_backlog_drains", run(evenly(60, seconds=0.04), SENT[:60], **BUSY)).outcome == "failed"


@pytest.mark.parametrize("moments", [{}, BUSY])
def test_overload_of_its_own_making_is_no_busy_machine(moments: dict[str, Any]) -> None:
    """Thirty writes at once make the storage slow: that few of them get through is the consumer's doing."""
    result = of("the_backlog_drains", run(evenly(60, seconds=1.5), SENT[:60], at_once=30, **moments))

    assert result.outcome == "failed"
    assert "wanted at least 33 events a second" in result.message


# --- memory ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("events", "outcome"), [(500, "passed"), (501, "failed")])
def test_five_hundred_events_may_be_held(events: int, outcome: str) -> None:
    """Fetched, by the bytes that Kafka handed out, and not written."""
    hang = TOPIC | {"bytes_out": 2_000 * (events + 20)}
    result = of("memory_is_bounded", run(hang=hang))

    assert result.outcome == outcome
    assert (result.seen + result.message).startswith(f"{events} events were fetched and not written")


def test_a_consumer_that_writes_nothing_proves_nothing_of_its_memory() -> None:
    """There has to be a write that hangs."""
    assert of("memory_is_bounded", run(hang=TOPIC | {"bytes_out": 0, "hanging": 0})).outcome == "failed"


# --- the lag -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("situation", "answer", "said"),
    [
        ("quiet", told(9.0, 0.0, alarm=False), "With nothing left to write, /lag said"),
        ("quiet", told(0.0, 0.0, alarm=None), "wanted 0 seconds, alarm false"),
        ("backlog", told(0.0, 8.0, alarm=False), "With a backlog, while its writes hung, /lag said"),
        ("backlog", told(8.0, 8.0, alarm=True), "wanted 8 seconds, alarm false"),
        ("mild", told(8.5, 8.5, alarm=True), "the oldest was of some 8 s ago, /lag said"),
        ("mild", told(1.5, 8.5, alarm=False), "wanted 8 seconds, alarm false"),
        ("old", told(0.0, 20.0, alarm=False), "wanted 20 seconds, alarm true"),
        ("old", told(20.0, 20.0, alarm=False), "alarm true"),
        ("old", told(None, 20.0, alarm=None, error="timeout"), "/lag gave no answer (timeout)"),
        (
            "old",
            told(None, 20.0, alarm=None, error="the consumer had ended"),
            "gave no answer (the consumer had ended)",
        ),
        ("old", told(None, 20.0, alarm=True), "(no number of seconds)"),
        ("later", told(20.2, 21.4, alarm=True), "wanted it to grow with the time"),
        ("after", told(21.5, 0.0, alarm=True), "When these had been written"),
        ("elsewhere", told(1.0, 43.2, alarm=False), "the oldest was in the third one, /lag said"),
        ("elsewhere", told(20.0, 43.2, alarm=True), "wanted 43 seconds, alarm true"),
    ],
)
def test_each_answer_is_held_against_the_truth(situation: str, answer: dict[str, Any], said: str) -> None:
    """No answer, no number, a wrong number and a wrong alarm each break the promise, in each situation."""
    result = of("lag_is_told_in_seconds", run(told=ANSWERS | {situation: answer}))

    assert result.outcome == "failed"
    assert said in result.message


def test_the_alarm_follows_the_seconds_that_are_told() -> None:
    """Above 15 or not is asked of the page's own number; where that is 15, either is right."""
    either = [told(15.0, 14.0, alarm=alarm) for alarm in (True, False)]
    below = told(13.5, 15.5, alarm=False)

    assert [
        of("lag_is_told_in_seconds", run(told=ANSWERS | {"mild": answer})).outcome for answer in [*either, below]
    ] == ["passed"] * 3


def test_the_oldest_of_a_backlog_is_as_old_as_any_event_of_the_sale() -> None:
    """What has been fetched is enough, so the sale's last event will do as well as the first."""
    about = {"made": 4.0, "earliest": 0.0}
    outcomes = [
        of("lag_is_told_in_seconds", run(told=ANSWERS | {"backlog": told(said, 6.0, alarm=False) | about})).outcome
        for said in (2.9, 3.1, 12.9, 13.1)
    ]

    assert outcomes == ["failed", "passed", "passed", "failed"]


@pytest.mark.parametrize(("left", "said", "outcome"), [(180, 2.7, "failed"), (0, 2.7, "unknown"), (0, 12.0, "passed")])
def test_where_nothing_of_the_sale_is_left_its_age_is_not_asked(left: int, said: float, outcome: str) -> None:
    """On a busy machine the drill can come too late: then a young event may be the oldest."""
    backlog = told(said, 6.0, alarm=False) | {"made": 4.0, "earliest": 0.0}
    crash = {"left": left, "hanging": 8, "committed": {"orders": {}}, "sent": len(SENT)}

    assert of("lag_is_told_in_seconds", run(told=ANSWERS | {"backlog": backlog}, crash=crash)).outcome == outcome


def test_an_event_that_nobody_writes_breaks_the_promise() -> None:
    """Then the next ones were not sent, and there was nothing to ask for."""
    seen = {name: answer for name, answer in ANSWERS.items() if name not in {"after", "elsewhere"}}

    assert "was not written in time" in of("lag_is_told_in_seconds", run(told=seen)).message


def test_a_topic_that_never_gets_quiet_breaks_the_promise() -> None:
    """The consumer is still at its backlog when it should be asked."""
    result = of("lag_is_told_in_seconds", run(quiet={"over": False, "left": 12}, told={}))

    assert result.message == (
        "12 events were left; the consumer was still writing when the drill ended, wanted a quiet topic"
    )


# --- deaths, pictures --------------------------------------------------------------------------------------------


def test_the_consumer_may_end_by_itself_and_nothing_else_may() -> None:
    """Its platform starts it again; out of memory is BROKEN all the same."""
    crash = Death("orders", 3.0, "ended with exit code 1")
    outcomes = []
    for death in (crash, crash._replace(service="shop"), crash._replace(out_of_memory=True)):
        seen = run()
        seen.content["deaths"] = [death._asdict()]
        outcomes.append(of(checks.NOTHING_DIES, seen).outcome)

    assert outcomes == ["passed", "failed", "failed"]


def test_the_pictures_come_from_the_recording() -> None:
    """The lag in events and in seconds, the writes with their limit, and the orders of which something went wrong."""
    events, ages, writes, wrong = checks.pictures(LAB, run(evenly(120)[:-1]))

    assert max(most for _, most in events.data["lines"]["events"]) == 120
    assert ages.data["lines"]["seconds"][-1] == [6.5, 5.8]
    assert writes.data["limit"] == 8
    assert [row[0] for row in wrong.data["rows"]] == [39, 39, 39]
    assert wrong.data["rows"][-1][-1] == "never"
    assert len(checks.pictures(LAB, run())) == 3


# --- the client library in the image -----------------------------------------------------------------------------

CHANGE = re.compile(r"change (\S+) '(.+)' '(.+)'")
FETCHER, COORDINATOR, STATE, RECORD, STRUCTS = (
    importlib.import_module(f"kafka.{name}")
    for name in ("consumer.fetcher", "coordinator.base", "consumer.subscription_state", "record", "structs")
)


def changed(original: types.ModuleType) -> types.ModuleType:
    """The pinned client's module as the image has it: with the change of services/python/Dockerfile."""
    file = Path(str(original.__file__))
    dockerfile = (paths.ROOT / "services" / "python" / "Dockerfile").read_text()
    [(before, after)] = [found[1:] for found in CHANGE.findall(dockerfile) if file.as_posix().endswith(found[0])]
    text, times = re.subn(f"^( *){before}$", rf"\g<1>{after}", file.read_text(), flags=re.MULTILINE)
    assert times == 1
    module = types.ModuleType(original.__name__)
    module.__file__ = str(file)
    exec(compile(text, str(file), "exec"), module.__dict__)  # noqa: S102 - the library's own text
    return module


def handed_out(fetcher: types.ModuleType) -> list[int]:
    """Of two partitions with 25 records each: how many a client hands out if it pauses and resumes the first."""
    builder = RECORD.MemoryRecordsBuilder(magic=2, compression_type=0, batch_size=1 << 20)
    for at in range(25):
        builder.append(timestamp=at, key=None, value=b"x", headers=[])
    builder.close()
    one = fetcher.Fetcher.__new__(fetcher.Fetcher)
    one.config = fetcher.Fetcher.DEFAULT_CONFIG | {"max_poll_records": 10}
    one._next_partition_records = one._next_in_line_exception_metadata = one._sensors = None
    one._paused_completed_fetches, one._paused_partition_records = {}, {}
    partitions = [STRUCTS.TopicPartition("orders", number) for number in range(2)]
    one._subscriptions = STATE.SubscriptionState()
    one._subscriptions.assign_from_user(partitions)
    for partition in partitions:
        one._subscriptions.seek(partition, 0)
    one._parse_fetched_data = lambda come: fetcher.Fetcher.PartitionRecords(
        come.fetched_offset, come.topic_partition, RECORD.MemoryRecords(builder.buffer())
    )
    one._completed_fetches = collections.deque(
        fetcher.CompletedFetch(partition, 0, 12, None, None) for partition in partitions
    )
    got: collections.Counter[int] = collections.Counter()
    for poll in range(10):
        if poll in (1, 6):
            (one._subscriptions.pause if poll == 1 else one._subscriptions.resume)(partitions[0])
        for partition, records in one.fetched_records()[0].items():
            got[partition.partition] += len(records)
    return [got[0], got[1]]


def test_a_partition_that_was_paused_goes_on_in_the_image() -> None:
    """As it is published, kafka-python 3.0.12 never hands out the rest; when that changes, so must the Dockerfile."""
    assert handed_out(FETCHER) == [10, 25]
    assert handed_out(changed(FETCHER)) == [25, 25]


@pytest.mark.parametrize(("pending", "needed"), [(None, False), (object(), True)])
def test_a_join_that_outlasts_a_poll_is_waited_for_in_the_image(pending: object, needed: bool) -> None:
    """As it is published, the next poll forgets it, and the consumer is left without any partition (issue 2377)."""
    published, ours = COORDINATOR, changed(COORDINATOR)
    member = types.SimpleNamespace(rejoin_needed=False, _join_task=pending)

    assert published.BaseCoordinator.need_rejoin(member) is False
    assert ours.BaseCoordinator.need_rejoin(member) is needed
