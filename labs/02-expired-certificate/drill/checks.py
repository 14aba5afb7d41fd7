"""What does a right renewal of certificates promise?"""

from __future__ import annotations

from harness.recording import Recording


def test_no_failed_handshakes(seen: Recording) -> None:
    """As long as renewal is possible no customer meets a certificate that is not good, and 99 % get their answer.

    A certificate that has ended is an outage for everybody at once, and nothing about it was unforeseen.
    """
    asked, kinds = seen.customers["asked"], seen.customers["errors"]
    seen.require(asked > 4 * seen.back, f"customers asked {asked} times, wanted 4 a second")
    said = f"{sum(kinds.values())} of {asked} requests failed ({', '.join(kinds)})"
    assert not any(kind.startswith("certificate") for kind in kinds), f"{said}, wanted no certificate that is not good"
    assert sum(kinds.values()) <= 0.01 * asked, f"{said}, wanted at most 1%"


def test_served_is_what_is_on_disk(seen: Recording) -> None:
    """Each certificate that the CA issues to the shop, or a newer one, is on the wire 15 days (two seconds) later.

    Renewed and served are two things: the file has the new date, and customers get the old one.
    """
    assert seen.renewals, f"the CA has issued nothing to the shop, wanted renewals{seen.ended}"
    late = [one["said"] for one in seen.renewals if one["late"]]
    assert not late, f"{', '.join(late)}; wanted at most 15 days{seen.ended}"


def test_renewed_early(seen: Recording) -> None:
    """When the next certificate comes on the wire, the last one has at least 15 days left.

    What is left is the time to notice that renewal fails, and to mend it.
    """
    changes = [(change["left_days"], change["said"]) for change in seen.rotations if change["normal"]]
    assert changes, f"no certificate followed another one on the wire, wanted that in normal times{seen.ended}"
    assert min(changes)[0] >= 15, f"{min(changes)[1]}, wanted 15 or more"


def test_an_outage_of_the_ca_is_survived(seen: Recording) -> None:
    """The CA is away just when it is asked; nginx could start all the same, and is in time with a new certificate then.

    Others have bad days too. One order that fails is no reason to stop ordering, and no reason to fear a restart.
    """
    away = seen.outage["away"]
    assert seen.outage["refused"], f"{away}, and nobody asked it for a certificate, wanted an order{seen.ended}"
    assert seen.startable["ok"], f"with the CA away nginx could not be started again: {seen.startable['said']}"
    assert seen.outage["survived"], f"{away}; {seen.outage['said']}, wanted no gap{seen.ended}"


def test_the_ca_is_not_hammered(seen: Recording) -> None:
    """The CA issues four certificates in a lifetime (five fit at its ends), and is asked ten times a second, at most.

    CAs count. Who has used up what is his gets nothing on the day when he needs it.
    """
    assert seen.most_issued, f"the CA has issued nothing to the shop, wanted renewals{seen.ended}"
    assert seen.most_issued <= 5, f"{seen.most_issued} certificates were issued in a lifetime, wanted 5 at most"
    assert seen.most_asked <= 10, f"{seen.most_asked} orders came within a second, wanted 10 at most"


def test_downloads_survive_rotation(seen: Recording) -> None:
    """Every export that has begun comes to its end, also when the certificate changes meanwhile.

    A change that costs something is put off until a night when nobody looks.
    """
    assert seen.rotations, f"no certificate followed another one on the wire, wanted that during exports{seen.ended}"
    seen.require(seen.exports["under_way"], "no export was under way when the certificate changed")
    assert not seen.exports["broken"], f"{seen.exports['broken']} exports broke off, wanted none"


def test_verification_stays_strict(seen: Recording) -> None:
    """Billing talks to the shop and to the bank, and to nobody who only pretends to be one of them.

    Who turns verification off to end an outage does so for every attacker as well, and mostly for ever.
    """
    silent = [said["error"] for said in (seen.billing_at_shop, seen.met[0]) if not said["answer"]]
    assert not silent, f"billing had no answer though all was well ({silent[0]}), wanted one from shop and bank"
    fooled = [f"{one['whom']} ({one['kind']})" for one in seen.met[1:] if one["trusted"]]
    assert not fooled, f"billing sent its request to who pretended to be: {', '.join(fooled)}; wanted to nobody"


def test_only_tls(seen: Recording) -> None:
    """Whatever is served is served over TLS, with certificates of the CA, all of them within its policy.

    Without TLS, or with a certificate that anybody could have made, nobody knows whom he talks to.
    """
    assert not seen.strangers, f"a certificate that is not the CA's was served at {seen.strangers[0]} s, wanted none"
    assert seen.edge_served, "the edge had ended, or nothing of the CA's was seen on the wire, wanted it to serve"
    assert not seen.plain_ports, f"orders are given out without TLS on port {seen.plain_ports[0]}, wanted nowhere"


def test_paged_in_time(seen: Recording) -> None:
    """The pager rings 12 days before the end: of the shop's last one, and of the old one that the partners still serve.

    And it is silent while all is well (once may be chance): a pager that cries wolf is turned off.
    """
    for told in seen.paged.values():
        assert (told["days"] or 0) >= 12, f"{told['said']}, wanted 12 days or more before the end"
    rung = seen.false_alarms
    assert rung <= 1, f"the pager rang {rung} times with over 36 days left and a CA that answers, wanted silence"
