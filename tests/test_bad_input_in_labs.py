"""What does a lab say to a student's file that cannot work, on its real stack?"""

from __future__ import annotations

from pathlib import Path

import pytest
from toys import left_over, outage

from harness import paths
from harness.lab import manifest

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("stacks")]

LABS = paths.ROOT / "labs"
NEVER_ENDS = "while True: pass\n\n\ndef days_left()"
FILLS_ITS_FOLDER = (
    "    seen = open('/certs/shop/seen.log', 'a')\n    while True:\n        seen.write('x' * 65536)\n        continue\n"
)
CASES = {
    "02: nginx does not know a directive": (
        "02-expired-certificate",
        "edge/nginx.conf",
        ("access_log off;", "acces_log off;"),
        "UNKNOWN",
        "/edge/nginx.conf line 9: ",
        'unknown directive "acces_log"',
    ),
    "02: a module that never comes to its end": (
        "02-expired-certificate",
        "edge/renew.py",
        ("def days_left()", NEVER_ENDS),
        "UNKNOWN",
        "/edge/renew.py line 29: Timeout",
        "edge ended",
    ),
    "02: a renewer that fills its folder": (
        "02-expired-certificate",
        "edge/renew.py",
        ("    while True:\n", FILLS_ITS_FOLDER),
        "BROKEN",
        "the CA has issued nothing to the shop",
        "edge/renew.py had ended",
    ),
    "05: a module that never comes to its end": (
        "05-dns-cutover",
        "orders/resolver.py",
        ("class Resolver:", "while True:\n    pass\n\n\nclass Resolver:"),
        "UNKNOWN",
        "/orders/resolver.py line 1",
        "did not answer",
    ),
    "08: TOML that ends too early": (
        "08-queue-lag",
        "orders/settings.toml",
        ("alarm_messages = 1000", "alarm_messages = ["),
        "UNKNOWN",
        "/orders/settings.toml: ",
        "not valid TOML",
    ),
    "08: a consumer that begins the same batch again and again": (
        "08-queue-lag",
        "orders/consumer.py",
        (
            "                self._consumer.commit()\n",
            "                self._consumer.seek_to_beginning()\n                break\n",
        ),
        "BROKEN",
        "were never written",
        "wanted each of them once",
    ),
    "09: SQL that PostgreSQL does not understand": (
        "09-race-condition",
        "inventory/schema.sql",
        ("stock int NOT NULL", "stock inte NOT NULL"),
        "UNKNOWN",
        "/inventory/schema.sql line 7: ",
        'type "inte" does not exist',
    ),
    "13: PostgreSQL does not know a setting": (
        "13-deadlock",
        "db/postgresql.conf",
        ("deadlock_timeout = 10min", "deadlock_timeouts = 10min"),
        "UNKNOWN",
        "/db/postgresql.conf line 2: ",
        'unrecognized configuration parameter "deadlock_timeouts"',
    ),
    "12: PostgreSQL does not understand a line": (
        "12-db-failover",
        "db/replication.conf",
        ("synchronous_commit = on", "synchronous_commit on on"),
        "UNKNOWN",
        "/db/replication.conf line 7: ",
        'near token "on"',
    ),
    "12: a controller that dies of its first failover": (
        "12-db-failover",
        "failover/controller.py",
        (
            "    def fail_over(self) -> None:\n",
            "    def fail_over(self) -> None:\n        raise OSError(self.primary)\n\n    def _rest(self) -> None:\n",
        ),
        "BROKEN",
        "the controller had ended by itself (exit code 1)",
        "no order was taken in the 10 s",
    ),
}
"""By what is wrong: the lab, the file, the edit (this text becomes that), the verdict, and words that it must say."""

Case = tuple[str, str, tuple[str, str], str, str, str]


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_a_file_that_cannot_work_is_named(
    case: Case, tmp_path: Path, runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first reason, or the checks that fail, say which file it is, where, and why; nothing hangs or is left."""
    monkeypatch.setenv("OUTAGE_LABS", str(LABS))
    folder, file, (text, becomes), verdict, *words = case
    shipped = (LABS / folder / "broken" / file).read_text()
    assert shipped.count(text) == 1
    edited = tmp_path / "submission" / file
    edited.parent.mkdir(parents=True)
    edited.write_text(shipped.replace(text, becomes))

    said = outage(
        "check", manifest.read(LABS / folder).slug, "--json", "--overlay", str(tmp_path / "submission"), seconds=120
    )

    assert said.json["verdict"] == verdict
    told = [reason.splitlines()[0] for reason in said.json["reasons"]]
    told += [check["message"] for check in said.json["checks"] if check["outcome"] == "failed"]
    assert [word for word in words if word not in " | ".join(told)] == []
    assert left_over(runs) == []
