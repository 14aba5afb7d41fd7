"""Does each promise of lab 02 hold where it was kept, and name what was seen where it was not?"""

from __future__ import annotations

from typing import Any

import pytest
from literal import recording, says

from harness import paths
from harness.judge import checks
from harness.judge.checks import CheckResult
from harness.lab import manifest

DAY = 12.0 / 90
FIRST, SECOND, THIRD = "a1" * 8, "b2" * 8, "c3" * 8
FELL, BACK, UNTIL = 9.0, 13.0, 24.0
RELOADED, ROLLED_BACK = 7.2, 9.0
"""When the partners served their new certificate at last, and when one of their servers was back with an old one."""


def certificate(serial: str, fingerprint: str, issued: float, age: float = 0.0) -> dict[str, Any]:
    """As the CA's ledger has it; `age`: seconds that it had lived already."""
    dates = {"not_before": issued - age, "not_after": issued - age + 12.0}
    return {"serial": serial, "fingerprint": fingerprint, "issued": issued} | dates


def looks(*changes: tuple[float, str | None], until: float = UNTIL) -> list[list[Any]]:
    """Ten looks a second: the first one after each of these moments shows the certificate named there."""
    ends = [at for at, _ in changes[1:]] + [until]
    return [
        [round(start + (tenth + 1) / 10, 3), shown]
        for (start, shown), end in zip(changes, ends, strict=True)
        for tenth in range(round((end - start) * 10))
    ]


ISSUED = [certificate("04", FIRST, -0.5, age=4.0), certificate("07", SECOND, 4.3), certificate("09", THIRD, 13.2)]
SEEN = looks((0.0, FIRST), (4.5, SECOND), (13.4, THIRD))
REDIRECT = {"status": 301, "body": "<html><h1>301 Moved Permanently</h1></html>"}
BAD_REQUEST = {"status": 400, "body": "The plain HTTP request was sent to HTTPS port"}
ORDER = {"status": 200, "body": '{"order":4711,"total_cents":2614}'}
EXPORTS = [[start, start + 3.0, None] for start in (1.0, 4.0, 7.0, 10.0, 12.5)]
KINDS = ("other host", "self-signed", "expired", "unknown CA")
GOOD: dict[str, Any] = {"answer": "{'balance_cents': 12}", "error": None}
REFUSED: dict[str, Any] = {"answer": None, "error": "URLError: certificate verify failed"}
MET = [
    {"at": 2.0, "place": "shop", "kind": "good"} | GOOD,
    {"at": 11.0, "place": "shop", "kind": "good"} | GOOD,
    {"at": 18.0, "place": "bank", "kind": "good"} | GOOD,
    *(
        {"at": 18.5, "place": place, "kind": kind} | (GOOD if kind == "good" else REFUSED)
        for place in ("bank", "shop")
        for kind in ("good", *KINDS)
    ),
]
NEIGHBOURS = {
    "partners": [
        [-0.5, 11.5, 11.5],
        [0.3, 8.5, 8.5],
        [2.0, 14.0, 8.5],
        [RELOADED, 18.5, 18.5],
        [ROLLED_BACK, 18.5, 14.5],
        [14.5, 18.5, 0.0],
    ],
    "suppliers": [
        [-0.5, 11.5, 11.5],
        [5.0, 17.0, 17.0],
        [9.3, 17.0, 0.0],
        [13.2, 17.0, 17.0],
        [14.0, 26.2, 26.2],
    ],
}
"""Since when, when the certificate in the file ends, and when the one on the wire does (0: nobody answers)."""
HAND = certificate("0B", "ab" * 8, 19.9, age=2.7)
RANG: list[list[Any]] = [
    [5.5, "partners", ""],
    [11.2, "partners", ""],
    [22.0, "shop", "ends in 24 days"],
    [23.0, "suppliers", ""],
]
LEFT_12, LEFT_36 = 25.2 - 12 * DAY, 25.2 - 36 * DAY
"""When the shop's last certificate has so many days left."""

WELL: dict[str, Any] = {
    "certificates": [*ISSUED, HAND],
    "by_hand": ["0B"],
    "looks": SEEN,
    "orders": {"granted": [4.3, 13.2], "refused": [9.0, 9.8]},
    "outages": [[FELL, BACK], [15.0, UNTIL]],
    "rings": RANG,
    "missed": {},
    "neighbours": NEIGHBOURS,
    "bank": {"came": {"bank good": 1}, "trusted": {"bank good": 1}},
    "met": MET,
    "plain": [{"8080": [REDIRECT] * 3, "8443": [BAD_REQUEST] * 3}] * 4,
    "starts": [[tenth / 2, ""] for tenth in range(48)],
    "renewer_ended": False,
    "asked": 560,
    "errors": {},
    "failed_at": [],
    "exports": EXPORTS,
    "until": UNTIL,
}
ALL = (
    "no_failed_handshakes",
    "served_is_what_is_on_disk",
    "renewed_early",
    "an_outage_of_the_ca_is_survived",
    "the_ca_is_not_hammered",
    "downloads_survive_rotation",
    "verification_stays_strict",
    "only_tls",
    "paged_in_time",
)
NEVER_SERVED = {"looks": looks((0.0, FIRST)), "renewer_ended": False}
HAD_ENDED = "work/expired-certificate/edge/renew.py had ended (make logs-expired-certificate SERVICE=edge)"


def seen(check: str, **facts: Any) -> CheckResult:
    """What the promise says of a run that went well, but for these facts."""
    return says("expired-certificate", check, recording(facts=WELL | facts))


def broken(check: str, **facts: Any) -> str:
    """The message of a promise that was not kept."""
    result = seen(check, **facts)
    assert (result.outcome, result.seen) == ("failed", "")
    return result.message


@pytest.mark.parametrize("check", ALL)
def test_each_promise_is_kept_where_all_went_well(check: str) -> None:
    """Passed, with a sentence of what was seen."""
    result = seen(check)
    assert (result.outcome, result.message) == ("passed", "")
    assert result.seen


@pytest.mark.parametrize("check", ALL)
def test_a_drill_that_recorded_nothing_is_no_verdict(check: str) -> None:
    """A promise says nothing of a recording without facts."""
    assert says("expired-certificate", check, recording()).outcome == "unknown"


# --- no_failed_handshakes -----------------------------------------------------------------------------------------


def test_one_bad_certificate_breaks_the_handshakes_promise() -> None:
    """A single customer who met an expired certificate is one too many."""
    said = broken("no_failed_handshakes", errors={"certificate: certificate has expired": 1})
    assert said == "1 of 560 requests failed (1× certificate: certificate has expired), wanted no bad certificate"


def test_six_in_a_thousand_may_fail_otherwise() -> None:
    """Errors that are no bad certificate are allowed up to one in a hundred, and shown."""
    result = seen("no_failed_handshakes", errors={"timeout": 5})
    assert (result.outcome, result.seen) == ("passed", "5 of 560 requests failed (5× timeout)")


def test_downloads_that_break_off_are_not_called_bad_certificates() -> None:
    """The message names the failure, and says that no certificate was bad."""
    said = broken("no_failed_handshakes", errors={"broken off": 6})
    assert said == "6 of 560 requests failed (6× broken off); no certificate was bad, but wanted at most 1 % to fail"


def test_a_single_wrong_answer_breaks_the_promise() -> None:
    """Errors may be few; a total that is not the API's may not be."""
    said = broken("no_failed_handshakes", errors={"wrong answer": 1})
    assert said == "1 of 560 requests failed (1× wrong answer), wanted no answer that is wrong"


@pytest.mark.parametrize("name", ["order", "export"])
@pytest.mark.parametrize("error", ["timeout", "connection", "HTTP 502", "wrong answer", "certificate: expired"])
def test_every_request_belongs_to_a_promise(name: str, error: str) -> None:
    """Whatever fails in a tenth of all requests, and however, some promise is broken."""
    exports = [*EXPORTS, *([at / 10, at / 10 + 0.3, error] for at in range(56) if name == "export")]
    facts: dict[str, Any] = {"errors": {error: 56}, "exports": exports}
    assert "failed" in {
        seen(check, **facts).outcome for check in ("no_failed_handshakes", "downloads_survive_rotation")
    }


def test_too_few_customers_are_no_verdict() -> None:
    """Four requests a second are needed to say anything."""
    result = seen("no_failed_handshakes", asked=51)
    assert (result.outcome, result.message) == ("unknown", "customers sent 51 requests, wanted 4 a second")


# --- served_is_what_is_on_disk ------------------------------------------------------------------------------------


def test_a_certificate_that_never_comes_on_the_wire_is_named_by_its_serial() -> None:
    """The serial is the one that openssl shows."""
    said = broken("served_is_what_is_on_disk", **NEVER_SERVED)
    assert "serial 07 was not on the wire 147.8 days after its issue" in said
    assert "serial 09" in said


def test_a_certificate_that_comes_late_says_how_late() -> None:
    """Sixteen days are one too many."""
    said = broken("served_is_what_is_on_disk", looks=looks((0.0, FIRST), (6.5, SECOND), (13.4, THIRD)))
    assert said == "serial 07 came on the wire only 16.5 days after its issue; wanted at most 15 days"


def test_a_newer_certificate_on_the_wire_is_as_good() -> None:
    """Of two that were issued just after each other, one is enough."""
    both = [*ISSUED[:2], certificate("08", "f6" * 8, 4.35), ISSUED[2]]
    shown = looks((0.0, FIRST), (4.5, "f6" * 8), (13.4, THIRD))
    assert seen("served_is_what_is_on_disk", certificates=both, looks=shown).outcome == "passed"


def test_a_look_that_takes_long_makes_no_certificate_late() -> None:
    """On a busy machine the next look may show what has been on the wire since the last one."""
    shown = [look for look in SEEN if not 4.5 < look[0] < 6.5]
    assert seen("served_is_what_is_on_disk", looks=shown).outcome == "passed"
    assert seen("renewed_early", looks=shown).seen == seen("renewed_early").seen


def test_a_certificate_that_comes_back_is_not_what_is_on_disk() -> None:
    """What was replaced may be seen once more by an old worker, and not weeks later."""
    back = looks((0.0, FIRST), (4.5, SECOND), (13.4, THIRD), (18.0, SECOND), (18.2, THIRD))
    said = broken("served_is_what_is_on_disk", looks=back)
    assert said == "an older one than serial 09 was on the wire 36 days after its issue; wanted at most 15 days"
    once = looks((0.0, FIRST), (4.5, SECOND), (13.4, THIRD), (13.6, SECOND), (13.7, THIRD))
    assert seen("served_is_what_is_on_disk", looks=once).outcome == "passed"


def test_what_colleagues_put_into_the_file_need_not_be_served() -> None:
    """They tell no server, and it is no order of the renewer's."""
    assert seen("served_is_what_is_on_disk", certificates=ISSUED, by_hand=[]).outcome == "passed"
    many = [certificate(f"{nth:02X}", f"{nth:02}" * 8, 10.0 + nth) for nth in range(6)]
    handed = {"certificates": [*ISSUED, *many], "by_hand": [one["serial"] for one in many]}
    assert seen("served_is_what_is_on_disk", **handed).outcome == "passed"
    assert seen("the_ca_is_not_hammered", **handed).outcome == "passed"


def test_what_is_issued_at_the_very_end_is_not_waited_for() -> None:
    """A certificate of the drill's last three seconds need not be on the wire."""
    late = [*ISSUED, certificate("0A", "f6" * 8, UNTIL - 2.9)]
    assert seen("served_is_what_is_on_disk", certificates=late).outcome == "passed"


def test_a_shop_that_orders_nothing_says_so_and_where_to_look() -> None:
    """A renewer that had ended is named, with its log."""
    said = broken("served_is_what_is_on_disk", certificates=ISSUED[:1], renewer_ended=True)
    assert said == f"the CA has issued nothing to the shop, wanted renewals; {HAD_ENDED}"


# --- renewed_early ------------------------------------------------------------------------------------------------


def test_a_certificate_that_is_replaced_in_the_last_days_is_too_late() -> None:
    """Twelve days are less than fifteen."""
    at = 7.5 - 12 * DAY  # 5.9 s: a multiple of the looks' tenth
    late = [ISSUED[0], certificate("07", SECOND, at - 0.1), ISSUED[2]]
    shown = looks((0.0, FIRST), (round(at, 3), SECOND), (13.4, THIRD))
    said = broken("renewed_early", certificates=late, looks=shown)
    assert said == "a certificate was replaced 12 days before its end, wanted 15 or more"


def test_the_change_after_the_outage_is_not_normal_times() -> None:
    """What was issued after the CA had fallen is not judged here."""
    late = [*ISSUED[:2], certificate("09", THIRD, 15.0)]
    shown = looks((0.0, FIRST), (4.5, SECOND), (15.2, THIRD))
    assert seen("renewed_early", certificates=late, looks=shown).outcome == "passed"


def test_no_change_in_normal_times_breaks_the_promise() -> None:
    """One certificate from beginning to end was not renewed early."""
    assert "the certificate on the wire never changed" in broken("renewed_early", **NEVER_SERVED)


# --- an_outage_of_the_ca_is_survived ------------------------------------------------------------------------------


def test_a_renewer_that_gives_up_does_not_survive_the_outage() -> None:
    """No certificate after the CA's return, and the program is named."""
    gone = {"certificates": ISSUED[:2], "looks": looks((0.0, FIRST), (4.5, SECOND)), "renewer_ended": True}
    said = broken("an_outage_of_the_ca_is_survived", **gone)
    assert said.startswith("the CA was away for 30 days; no certificate was ordered and served after that, wanted one")
    assert HAD_ENDED in said


def test_a_gap_after_the_outage_is_an_outage() -> None:
    """The new one came on the wire when the old one had ended."""
    shown = looks((0.0, FIRST), (4.5, SECOND), (16.7, THIRD))
    said = broken("an_outage_of_the_ca_is_survived", looks=shown)
    assert (
        said == "the CA was away for 30 days; the new one was served 3 days after the end of the old one, wanted no gap"
    )


def test_nobody_who_asks_has_nothing_to_survive() -> None:
    """A CA that was not asked while it was away says nothing good of the renewer."""
    said = broken("an_outage_of_the_ca_is_survived", orders={"granted": [4.3, 13.2], "refused": []})
    assert said == "the CA was away for 30 days, and nobody asked it for a certificate, wanted an order"


def test_an_outage_that_began_when_all_was_lost_is_told_as_such() -> None:
    """As shipped no good certificate is on the wire any more when the CA goes."""
    said = broken("an_outage_of_the_ca_is_survived", orders={"granted": [4.3], "refused": []}, **NEVER_SERVED)
    assert said.startswith("when the CA went away no good certificate was on the wire any more, and nobody asked it")


def test_a_key_without_its_certificate_keeps_nginx_from_starting() -> None:
    """The message has nginx's own complaint, without its time and its process."""
    said = "2026/11/25 22:00:00 [emerg] 71#71: SSL_CTX_use_PrivateKey() failed: key values mismatch\n"
    told = broken("an_outage_of_the_ca_is_survived", starts=[[9.0, ""], [9.3, said], [9.6, said], [9.9, ""]])
    assert told == "at 9.6 s nginx could not be started again: SSL_CTX_use_PrivateKey() failed: key values mismatch"
    gone = broken("an_outage_of_the_ca_is_survived", starts=[[9.3, "exit code 137"], [9.6, "exit code 137"]])
    assert gone == "at 9.6 s nginx could not be started again: exit code 137"


def test_a_try_between_two_files_is_no_outage() -> None:
    """Two files cannot be replaced in one step everywhere; the next try has to succeed."""
    starts = [[4.0, ""], [4.3, "[emerg] key values mismatch"], [4.6, ""], [4.9, "[emerg] no such file"], [5.2, ""]]
    assert seen("an_outage_of_the_ca_is_survived", starts=starts).outcome == "passed"


# --- the_ca_is_not_hammered ---------------------------------------------------------------------------------------


def test_six_certificates_in_a_lifetime_are_too_many() -> None:
    """Five fit into one, at its ends."""
    many = [ISSUED[0], *(certificate(f"{nth:02X}", f"{nth:02}" * 8, 4.0 + 2 * nth) for nth in range(6))]
    said = broken("the_ca_is_not_hammered", certificates=many)
    assert said == "6 certificates were issued in a lifetime, wanted 5 at most"
    assert seen("the_ca_is_not_hammered", certificates=many[:6]).outcome == "passed"


def test_eleven_orders_in_a_second_are_too_many() -> None:
    """Orders that were turned away count as those that were granted."""
    refused = [9.0 + tenth / 10 for tenth in range(10)]
    orders = {"granted": [4.3, 9.99], "refused": refused}
    assert broken("the_ca_is_not_hammered", orders=orders) == "11 orders came within a second, wanted 10 at most"
    assert seen("the_ca_is_not_hammered", orders=orders | {"granted": [4.3]}).outcome == "passed"


# --- downloads_survive_rotation -----------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ["broken off", "timeout", "wrong answer", "too large"])
def test_one_export_that_is_not_whole_is_one_too_many(error: str) -> None:
    """The message says how it went wrong."""
    said = broken("downloads_survive_rotation", exports=[*EXPORTS, [4.2, 4.6, error]])
    assert said == f"1 of 6 exports were not whole ({error}), wanted none"


def test_an_export_that_never_began_is_not_one_that_broke_off() -> None:
    """Where no connection comes about, nothing was lost half-way."""
    assert seen("downloads_survive_rotation", exports=[*EXPORTS, [4.2, 4.3, "connection"]]).outcome == "passed"


def test_without_an_export_at_a_change_nothing_can_be_said() -> None:
    """Exports that were over before a certificate was issued say nothing of the change."""
    assert seen("downloads_survive_rotation", exports=[[0.5, 3.5, None]]).outcome == "unknown"


def test_without_a_change_no_download_has_survived_one() -> None:
    """The promise is about changes, so there has to be one."""
    assert "the certificate on the wire never changed" in broken("downloads_survive_rotation", **NEVER_SERVED)


# --- verification_stays_strict ------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["bank", "shop"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_impostor_that_is_trusted_breaks_strictness(place: str, kind: str) -> None:
    """What counts is whether the impostor got a request, whatever billing says of it."""
    bank = {"came": {}, "trusted": {"bank good": 1, f"{place} {kind}": 1}}
    said = broken("verification_stays_strict", bank=bank)
    assert said == f"billing sent its request to impostors of: {place} ({kind}); wanted to none"


@pytest.mark.parametrize("nth", [nth for nth, one in enumerate(MET) if one["kind"] == "good"])
def test_billing_that_talks_to_nobody_is_not_strict_but_silent(nth: int) -> None:
    """An answer of shop and bank is wanted each time when all is well: before impostors, among them and after them."""
    said = broken("verification_stays_strict", met=[*MET[:nth], MET[nth] | REFUSED, *MET[nth + 1 :]])
    why = f"{MET[nth]['place']}: URLError: certificate verify failed"
    assert said == f"billing had no answer though all was well ({why}), wanted one from shop and bank"


def test_billing_need_not_trust_a_certificate_that_has_ended() -> None:
    """With the shop's certificate ended there is no answer to be wanted."""
    silent = [one | REFUSED if one["place"] == "shop" else one for one in MET]
    assert seen("verification_stays_strict", met=silent, looks=looks((0.0, FIRST)), by_hand=[]).outcome == "failed"
    late = [one for one in silent if one["at"] > 7.5 or one["place"] == "bank"]
    assert seen("verification_stays_strict", met=late, looks=looks((0.0, FIRST)), by_hand=[]).outcome == "passed"


# --- only_tls -----------------------------------------------------------------------------------------------------


def test_a_certificate_that_the_ca_has_not_issued_is_a_strangers() -> None:
    """Also for a moment, and also where customers would not have trusted it."""
    said = broken("only_tls", looks=looks((0.0, FIRST), (4.5, "99" * 8), (4.7, SECOND)))
    assert said == "a certificate that is not the CA's was served at 4.6 s, wanted none"


def test_orders_without_tls_name_the_port() -> None:
    """At any of the looks, under any name."""
    open_once = [{"8080": [REDIRECT, REDIRECT, ORDER]}, *WELL["plain"][1:]]
    assert broken("only_tls", plain=open_once) == "orders are given out without TLS on port 8080, wanted nowhere"


def test_an_edge_that_has_ended_serves_no_tls() -> None:
    """A look at the ports of an edge that is gone is recorded as None."""
    assert broken("only_tls", plain=[*WELL["plain"][1:], None]) == "the edge had ended, wanted it to serve"


def test_an_edge_without_any_handshake_serves_no_tls() -> None:
    """An edge that lives and shows nothing keeps no promise either."""
    assert broken("only_tls", looks=looks((0.0, None))).startswith("no certificate of the CA's was seen on the wire")


# --- paged_in_time ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nth", range(len(RANG)))
def test_a_pager_that_is_silent_for_one_end_names_its_endpoint(nth: int) -> None:
    """Each endpoint has its own ends, and a ring for one of them says nothing of the next."""
    said = broken("paged_in_time", rings=[other for other in RANG if other is not RANG[nth]])
    end = (8.5, 14.5, 25.2, 26.2)[nth]
    assert said == (
        f"no ring for {RANG[nth][1]} that had a reason was heard by the pager, wanted one 12 days or more "
        f"before its end at {end} s"
    )


@pytest.mark.parametrize("nth", range(len(RANG)))
def test_a_pager_that_rings_in_the_last_days_is_late(nth: int) -> None:
    """Eleven days are one too few."""
    end, whose = (8.5, 14.5, 25.2, 26.2)[nth], RANG[nth][1]
    states = [[8.0 if state[0] == RELOADED and nth == 0 else state[0], *state[1:]] for state in NEIGHBOURS["partners"]]
    rings = [*(other for other in RANG if other is not RANG[nth]), [end - 11 * DAY, whose, ""]]
    said = broken("paged_in_time", rings=rings, neighbours=NEIGHBOURS | {"partners": states})
    assert said == f"for {whose} the pager rang 11 days before the end, wanted 12 days or more before it"


def test_an_old_worker_that_answers_once_more_brings_no_second_end() -> None:
    """One ring was enough, though the certificate was seen twice in its last days."""
    shown = looks((0.0, FIRST), (4.5, SECOND), (15.6, THIRD), (15.7, SECOND), (15.8, THIRD))
    assert seen("paged_in_time", looks=shown, rings=[*RANG, [13.0, "shop", ""]]).outcome == "passed"
    assert "no ring for shop" in broken("paged_in_time", looks=shown)


def test_an_end_that_was_averted_in_time_needs_no_ring() -> None:
    """Whoever replaces a certificate 13 days before its end has nothing to be told."""
    averted = [[-0.5, 11.5, 11.5], [11.5 - 13 * DAY, 22.0, 22.0], [14.0, 26.2, 26.2]]
    assert seen("paged_in_time", neighbours=NEIGHBOURS | {"suppliers": averted}).outcome == "passed"


@pytest.mark.parametrize(("left_days", "outcome"), [(11, "passed"), (7, "passed"), (5, "failed")])
def test_the_shop_may_avert_its_end_later(left_days: float, outcome: str) -> None:
    """Its renewer needs nobody who was told; but where it is as near as that, somebody had to be."""
    shown = looks((0.0, FIRST), (4.5, SECOND), (16.3 - left_days * DAY, THIRD), until=24.0)
    assert seen("paged_in_time", looks=shown).outcome == outcome


def test_a_file_that_was_renewed_by_hand_averts_nothing_until_it_is_served() -> None:
    """Where nginx serves it at once, its own end is the one to be told."""
    served = looks((0.0, FIRST), (4.5, SECOND), (13.4, THIRD), (20.0, "ab" * 8), until=28.0)
    later = {"looks": served, "until": 28.0, "certificates": [*ISSUED, HAND]}
    said = broken("paged_in_time", **later)
    assert said.startswith("no ring for shop that had a reason was heard by the pager")
    rings = [*RANG[:2], RANG[3], [26.0, "shop", ""]]
    assert seen("paged_in_time", **later, rings=rings).outcome == "passed"


def test_a_ring_because_the_certificate_has_just_changed_warns_of_nothing() -> None:
    """It is no warning of the end, and no false alarm either."""
    rings = [*RANG[:2], [13.6, "shop", "changed"], RANG[3]]
    assert "no ring for shop that had a reason was heard" in broken("paged_in_time", rings=rings)


def test_one_ring_may_be_chance_and_two_are_false_alarms() -> None:
    """With over 36 days left, and a CA that has granted the last order."""
    calm = [[LEFT_36 - 5.0, "shop", ""], [LEFT_36 - 4.0, "shop", ""]]
    assert seen("paged_in_time", rings=[*RANG, calm[0]]).outcome == "passed"
    said = broken("paged_in_time", rings=[*RANG, *calm])
    assert "the pager rang 2 times with over 36 days left and a CA that answers (the first: shop at 15.4 s)" in said


def test_a_ring_while_the_ca_turns_orders_away_has_a_reason() -> None:
    """However many days are left."""
    rings = [*RANG, *([9.9 + tenth / 10, "shop", ""] for tenth in range(10))]
    assert seen("paged_in_time", rings=rings).outcome == "passed"


def test_a_ring_has_a_reason_while_the_file_is_newer_than_what_is_served() -> None:
    """For a neighbour from its renewal to its reload; for the shop since its colleagues were there."""
    rings = [*RANG, *([at, "partners", ""] for at in (2.8, 3.0, 9.7)), [20.1, "shop", ""], [20.3, "shop", ""]]
    assert seen("paged_in_time", rings=sorted(rings)).outcome == "passed"


def test_an_endpoint_that_does_not_answer_may_have_its_rings() -> None:
    """Nobody has to ring for it, and whoever does raises no false alarm."""
    silent = [[9.4 + tenth / 10, "suppliers", ""] for tenth in range(38)]
    assert seen("paged_in_time", rings=sorted([*RANG, *silent])).outcome == "passed"


def test_rings_for_a_neighbour_that_has_put_all_right_are_false_alarms() -> None:
    """Before its mistake, between its two mistakes, and for the neighbour that has made none."""
    for at, whose in ((1.1, "partners"), (8.0, "partners"), (3.0, "suppliers")):
        said = broken("paged_in_time", rings=[*RANG, [at, whose, ""], [at + 0.2, whose, ""]])
        assert f"(the first: {whose} at {at:.1f} s)" in said


# --- the report ---------------------------------------------------------------------------------------------------


def test_the_picture_shows_each_certificate_and_since_when_it_was_bad() -> None:
    """An expired certificate that is still served has a good and a bad part, named by its serial."""
    lab = manifest.read(paths.ROOT / "labs" / "02-expired-certificate")
    [picture] = checks.pictures(lab, recording(facts=WELL | NEVER_SERVED | {"failed_at": [7.6]}))
    rows = [(row["row"], row["start"], round(row["end"], 1), row["bad"]) for row in picture.data["rows"]]
    assert rows[:2] == [("serial 04", 0.1, 7.5, False), ("serial 04", 7.5, 24.0, True)]
    assert ("failed", 7.6, 7.7, True) in rows
    assert ("CA away", FELL, BACK, True) in rows
