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
PARTNERS_OLD, PARTNERS_NEW = 0.1, 4.0
"""When the partners got the certificate that they serve, and when the one that they do not."""


def certificate(serial: str, fingerprint: str, issued: float, age: float = 0.0) -> dict[str, Any]:
    """As the CA's ledger has it; `age`: seconds that it had lived already."""
    dates = {"not_before": issued - age, "not_after": issued - age + 12.0}
    return {"serial": serial, "fingerprint": fingerprint, "issued": issued} | dates


def looks(*changes: tuple[float, str | None], until: float = UNTIL) -> list[list[Any]]:
    """Ten looks a second, from each of these moments on at the certificate named there."""
    ends = [at for at, _ in changes[1:]] + [until]
    return [
        [round(start + tenth / 10, 3), shown]
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
    {"place": "bank", "kind": "good"} | GOOD,
    *({"place": place, "kind": kind} | REFUSED for place in ("bank", "shop") for kind in KINDS),
]
SHOP_RANG, PARTNERS_RANG = 22.0, 9.0
LEFT_12, LEFT_36 = 25.2 - 12 * DAY, 25.2 - 36 * DAY
"""When the shop's last certificate has so many days left."""

WELL: dict[str, Any] = {
    "certificates": ISSUED,
    "looks": SEEN,
    "orders": {"granted": [4.3, 13.2], "refused": [9.0, 9.8]},
    "outages": [[FELL, BACK], [15.0, UNTIL]],
    "rings": [[PARTNERS_RANG, "partners", "ends in 24 days"], [SHOP_RANG, "shop", "ends in 24 days"]],
    "partners": [certificate("05", "d4" * 8, PARTNERS_OLD), certificate("06", "e5" * 8, PARTNERS_NEW)],
    "partners_shown": [[0.0, "02"], [PARTNERS_OLD, "05"]],
    "bank": {"came": {"bank good": 1}, "trusted": {"bank good": 1}},
    "billing_at_shop": GOOD,
    "met": MET,
    "plain": [{"8080": [REDIRECT] * 3, "8443": [BAD_REQUEST] * 3}] * 3,
    "startable": {"code": 0, "said": ""},
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
    """Fourteen days are less than fifteen."""
    at = 7.5 - 14 * DAY
    late = [ISSUED[0], certificate("07", SECOND, at - 0.1), ISSUED[2]]
    shown = looks((0.0, FIRST), (round(at, 3), SECOND), (13.4, THIRD))
    said = broken("renewed_early", certificates=late, looks=shown)
    assert said == "a certificate was replaced 14 days before its end, wanted 15 or more"


def test_the_change_after_the_outage_is_not_normal_times() -> None:
    """What was issued after the CA had fallen is not judged here."""
    late = [*ISSUED[:2], certificate("09", THIRD, 15.0)]
    shown = looks((0.0, FIRST), (4.5, SECOND), (15.2, THIRD))
    assert seen("renewed_early", certificates=late, looks=shown).outcome == "passed"


def test_no_change_in_normal_times_breaks_the_promise() -> None:
    """One certificate from beginning to end was not renewed early."""
    assert "no certificate followed another one" in broken("renewed_early", **NEVER_SERVED)


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
    told = broken("an_outage_of_the_ca_is_survived", startable={"code": 1, "said": said})
    assert (
        told
        == "with the CA away nginx could not be started again: SSL_CTX_use_PrivateKey() failed: key values mismatch"
    )
    gone = broken("an_outage_of_the_ca_is_survived", startable={"code": None, "said": "the edge had ended"})
    assert gone == "with the CA away nginx could not be started again: the edge had ended"


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


@pytest.mark.parametrize("error", ["broken off", "wrong answer"])
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
    assert "no certificate followed another one" in broken("downloads_survive_rotation", **NEVER_SERVED)


# --- verification_stays_strict ------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["bank", "shop"])
@pytest.mark.parametrize("kind", KINDS)
def test_each_impostor_that_is_trusted_breaks_strictness(place: str, kind: str) -> None:
    """What counts is whether the impostor got a request, whatever billing says of it."""
    bank = {"came": {}, "trusted": {"bank good": 1, f"{place} {kind}": 1}}
    said = broken("verification_stays_strict", bank=bank)
    assert said == f"billing sent its request to impostors of: {place} ({kind}); wanted to none"


def test_billing_that_talks_to_nobody_is_not_strict_but_silent() -> None:
    """An answer of shop and bank is wanted while all is well."""
    for facts in ({"billing_at_shop": REFUSED}, {"met": [MET[0] | REFUSED, *MET[1:]]}):
        said = broken("verification_stays_strict", **facts)
        assert said.startswith("billing had no answer though all was well (URLError: certificate verify failed)")


# --- only_tls -----------------------------------------------------------------------------------------------------


def test_a_certificate_that_the_ca_has_not_issued_is_a_strangers() -> None:
    """Also for a moment, and also where customers would not have trusted it."""
    said = broken("only_tls", looks=looks((0.0, FIRST), (4.5, "99" * 8), (4.7, SECOND)))
    assert said == "a certificate that is not the CA's was served at 4.5 s, wanted none"


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


def test_a_pager_that_is_silent_for_an_endpoint_names_it() -> None:
    """Each endpoint has its own end."""
    for endpoint, ring in zip(("shop", "partners"), reversed(WELL["rings"]), strict=True):
        said = broken("paged_in_time", rings=[other for other in WELL["rings"] if other is not ring])
        assert said == f"the pager did not ring for {endpoint}, wanted 12 days or more before the end"


def test_a_pager_that_rings_in_the_last_days_is_late() -> None:
    """Eleven days are one too few."""
    said = broken("paged_in_time", rings=[WELL["rings"][0], [LEFT_12 + DAY, "shop", ""]])
    assert said == "for shop the pager rang 11 days before the end, wanted 12 days or more before the end"


def test_a_ring_because_the_certificate_has_just_changed_warns_of_nothing() -> None:
    """It is no warning of the end, and no false alarm either."""
    rings = [WELL["rings"][0], [13.6, "shop", "changed"]]
    said = broken("paged_in_time", rings=rings)
    assert said == "the pager did not ring for shop when there was reason to, wanted 12 days or more before the end"


def test_one_ring_may_be_chance_and_two_are_false_alarms() -> None:
    """With over 36 days left, and a CA that has granted the last order."""
    calm = [[LEFT_36 - 5.0, "shop", ""], [LEFT_36 - 4.0, "shop", ""]]
    assert seen("paged_in_time", rings=[*WELL["rings"], calm[0]]).outcome == "passed"
    said = broken("paged_in_time", rings=[*WELL["rings"], *calm])
    assert "the pager rang 2 times with over 36 days left and a CA that answers (the first: shop at 15.4 s)" in said


def test_a_ring_while_the_ca_turns_orders_away_has_a_reason() -> None:
    """However many days are left."""
    rings = [*WELL["rings"], *([9.9 + tenth / 10, "shop", ""] for tenth in range(10))]
    assert seen("paged_in_time", rings=rings).outcome == "passed"


def test_rings_for_the_partners_before_their_mistake_are_false_alarms() -> None:
    """Until their file is newer than what they serve, nothing is wrong with them."""
    rings = [*WELL["rings"], [1.5, "partners", ""], [2.0, "partners", ""]]
    assert "(the first: partners at 1.5 s)" in broken("paged_in_time", rings=rings)


# --- the report ---------------------------------------------------------------------------------------------------


def test_the_picture_shows_each_certificate_and_since_when_it_was_bad() -> None:
    """An expired certificate that is still served has a good and a bad part, named by its serial."""
    lab = manifest.read(paths.ROOT / "labs" / "02-expired-certificate")
    [picture] = checks.pictures(lab, recording(facts=WELL | NEVER_SERVED | {"failed_at": [7.6]}))
    rows = [(row["row"], row["start"], round(row["end"], 1), row["bad"]) for row in picture.data["rows"]]
    assert rows[:2] == [("serial 04", 0.0, 7.5, False), ("serial 04", 7.5, 23.9, True)]
    assert ("failed", 7.6, 7.7, True) in rows
    assert ("CA away", FELL, BACK, True) in rows
