"""What does a right renewal of certificates promise?"""

from __future__ import annotations

import re
from itertools import pairwise

from harness import Recording

from . import judge
from .judge import EARLY_DAYS, LIFETIME_SECONDS, PAGED_DAYS, SERVED_WITHIN_DAYS, Wire, most


def test_no_failed_handshakes(seen: Recording) -> str:
    """No customer meets a certificate that is not good or gets a wrong answer, and 99 % get their answer.

    A certificate that has ended is an outage for all customers at once, and everybody could see it coming.
    """
    asked, failed = seen.asked, sum(seen.errors.values())
    seen.require(asked > 4 * seen.outages[0][1], f"customers sent {asked} requests, wanted 4 a second")
    kinds = ", ".join(f"{count}× {kind}" for kind, count in seen.errors.items())
    said = f"{failed} of {asked} requests failed" + f" ({kinds})" * bool(kinds)
    assert not any(kind.startswith("certificate") for kind in seen.errors), f"{said}, wanted no bad certificate"
    assert not seen.errors.get("wrong answer"), f"{said}, wanted no answer that is wrong"
    assert failed <= 0.01 * asked, f"{said}; no certificate was bad, but wanted at most 1 % to fail"
    return said


def test_served_is_what_is_on_disk(seen: Recording) -> str:
    """Each certificate that the CA issues to the shop, or a newer one, is on the wire two seconds later, for good.

    Renewed and served are two things. The file can have the new date while customers get the old one.
    """
    took, late = judge.waits(seen)
    assert took, f"the CA has issued nothing to the shop, wanted renewals{ended(seen)}"
    assert not late, f"{', '.join(late[:5])}; wanted at most {SERVED_WITHIN_DAYS} days{ended(seen)}"
    return f"{len(took)} new certificates, each on the wire within {max(took):g} days"


def test_renewed_early(seen: Recording) -> str:
    """When the next certificate comes on the wire, the last one has at least 15 days left.

    What is left is your time to notice that renewal fails, and to repair it.
    """
    left = [days for _, one, days in judge.changes(seen) if one["issued"] < seen.outages[0][0]]
    assert left, f"the certificate on the wire never changed, wanted a change in normal times{ended(seen)}"
    said = f"a certificate was replaced {judge.before(min(left), 'its end')}"
    assert min(left) >= EARLY_DAYS, f"{said}, wanted {EARLY_DAYS} or more"
    return said


def test_an_outage_of_the_ca_is_survived(seen: Recording) -> str:
    """The CA is away just when it is asked, and later the new certificate is in time. nginx could start at any moment.

    Other people have bad days too. One order that fails is no reason to stop ordering, or to fear a restart.
    """
    (fell, back), (said, spare) = seen.outages[0], judge.outage(seen)
    refused = sum(fell <= at < back for at in seen.orders["refused"])
    assert refused, f"{said.partition(';')[0]}, and nobody asked it for a certificate, wanted an order{ended(seen)}"
    stuck = [(at, one) for (_, before), (at, one) in pairwise(seen.starts) if before and one]
    complaint = re.sub(r".*\[emerg\] (\d+#\d+: )?", "", stuck[0][1]).partition("\n")[0] if stuck else ""
    assert not stuck, f"at {stuck[0][0]:.1f} s nginx could not be started again: {complaint}"
    assert spare is not None, f"{said}, wanted one{ended(seen)}"
    assert spare >= 0, f"{said}, wanted no gap{ended(seen)}"
    return f"{said}; {refused} orders were refused"


def test_the_ca_is_not_hammered(seen: Recording) -> str:
    """The CA issues four certificates in a lifetime (five fit at its ends), and is asked at most ten times a second.

    CAs count. Once your quota is spent, you get no certificate when you need one.
    """
    issued = most([one["issued"] for one in Wire(seen.facts).ordered[1:]], LIFETIME_SECONDS)
    asked = most(sorted(seen.orders["granted"] + seen.orders["refused"]), 1.0)
    assert issued, f"the CA has issued nothing to the shop, wanted renewals{ended(seen)}"
    assert issued <= 5, f"{issued} certificates were issued in a lifetime, wanted 5 at most"
    assert asked <= 10, f"{asked} orders came within a second, wanted 10 at most"
    return f"certificates in a lifetime: at most {issued}; orders in a second: at most {asked}"


def test_downloads_survive_rotation(seen: Recording) -> str:
    """Every export that has begun comes to its end, also when the certificate changes meanwhile.

    If a change breaks downloads, people put it off until a night when nobody looks.
    """
    new = judge.changes(seen)
    broken = [how for _, _, how in seen.exports if how in ("broken off", "timeout", "wrong answer", "too large")]
    assert new, f"the certificate on the wire never changed, wanted a change while exports run{ended(seen)}"
    under_way = sum(any(begun < at and one["issued"] < over for at, one, _ in new) for begun, over, _ in seen.exports)
    seen.require(under_way, "no export was under way when the certificate changed")
    assert not broken, f"{len(broken)} of {len(seen.exports)} exports were not whole ({broken[0]}), wanted none"
    return f"{len(seen.exports)} exports, {under_way} of them during a change of certificates, and all were whole"


def test_verification_stays_strict(seen: Recording) -> str:
    """Billing talks to the shop and to the bank whenever it is asked to, and to no impostor of either.

    Verification that is turned off to end an outage is off for every attacker as well, and mostly for ever.
    """
    shop, good = judge.states(seen.facts)["shop"], [one for one in seen.met if one["kind"] == "good"]
    fine = [one for one in good if one["place"] == "bank" or judge.state_at(one["at"], shop).end > one["at"] + 1.0]
    silent = [f"{one['place']}: {one['error']}" for one in fine if not one["answer"]]
    assert not silent, f"billing had no answer though all was well ({silent[0]}), wanted one from shop and bank"
    trusted = seen.bank["trusted"]
    fooled = [
        f"{one['place']} ({one['kind']})"
        for one in seen.met
        if one["kind"] != "good" and f"{one['place']} {one['kind']}" in trusted
    ]
    assert not fooled, f"billing sent its request to impostors of: {', '.join(fooled)}; wanted to none"
    return f"shop and bank answered, and none of {len(seen.met) - len(good)} impostors was trusted"


def test_only_tls(seen: Recording) -> str:
    """Whatever is served is served over TLS, with certificates of the CA, all of them within its policy.

    Without TLS, or with a certificate that anybody could have made, customers do not know what they talk to.
    """
    wire, plain = Wire(seen.facts), [(port, said) for look in seen.plain for port, said in (look or {}).items()]
    ports = sorted({port for port, said in plain if any("total_cents" in one["body"] for one in said)}, key=int)
    assert not wire.strangers, f"a certificate that is not the CA's was served at {wire.strangers[0]} s, wanted none"
    assert None not in seen.plain, "the edge had ended, wanted it to serve"
    assert wire.served, "no certificate of the CA's was seen on the wire, wanted the edge to serve"
    assert not ports, f"orders are given out without TLS on port {ports[0]}, wanted nowhere"
    return f"{len(seen.looks)} looks saw certificates of the CA only; no port gives out orders without TLS"


def test_paged_in_time(seen: Recording) -> str:
    """The pager rings 12 days before each end that nobody averts, for the endpoint whose it is.

    And it is silent while all is well (one ring may be chance): a pager that cries wolf is turned off.
    """
    alarms, told = judge.false_alarms(seen), []
    for endpoint, end, rang in judge.calls(seen.facts):
        wanted = f"wanted one {PAGED_DAYS} days or more before its end at {end:.1f} s"
        assert rang is not None, f"no ring for {endpoint} that had a reason was heard by the pager, {wanted}"
        told.append(f"for {endpoint} the pager rang {judge.before(judge.days(end - rang), 'the end')}")
        assert judge.days(end - rang) >= PAGED_DAYS, f"{told[-1]}, wanted {PAGED_DAYS} days or more before it"
    said = f"the pager rang {len(alarms)} times with over 36 days left and a CA that answers"
    assert len(alarms) <= 1, f"{said} (the first: {alarms[0]}), wanted silence"
    return f"{', '.join(told)}; {len(alarms)} false alarms"


def ended(seen: Recording) -> str:
    """What a message adds if the renewer is no more."""
    said = "; work/expired-certificate/edge/renew.py had ended (make logs-expired-certificate SERVICE=edge)"
    return said * bool(seen.renewer_ended)
