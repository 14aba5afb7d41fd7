"""Is the place in the student's files found in what a service printed?"""

from __future__ import annotations

from pathlib import Path

import pytest
from toys import copy

from harness.lab.manifest import Lab
from harness.run.postmortem import where

MOUNTS = {"/app": "shop", "/etc/nginx/nginx.conf": "edge/nginx.conf", "/conf": "db"}
NAME_ERROR = """\
[2026-11-23 21:05:01 +0000] [7] [ERROR] Exception in worker process
Traceback (most recent call last):
  File "/opt/venv/lib/python3.13/site-packages/gunicorn/util.py", line 370, in import_app
    mod = importlib.import_module(module)
  File "/app/app.py", line 12, in <module>
    start()
  File "/app/prices.py", line 3, in start
    return helpers.load(limmit)
  File "/opt/kit/servicekit/settings.py", line 40, in load
    raise problem
NameError: name 'limmit' is not defined
"""
SYNTAX_ERROR = """\
  File "/app/app.py", line 9
    app = create_app("shop"
                    ^
SyntaxError: '(' was never closed
"""
HANGING = """\
The service hangs: no answer for 10 s. It stands at (most recent call last):
  File "/app/app.py", line 10, in warm_up
"""
ENDLESS = """\
Timeout (0:00:10)!
Thread 0x00007f2f2a1b5040 (most recent call first):
  File "/usr/lib/python3.13/threading.py", line 359 in wait
  File "/app/prices.py", line 3 in start
  File "/app/app.py", line 12 in <module>
  File "<frozen importlib._bootstrap>", line 488 in _call_with_frames_removed
"""
SETTINGS = """\
  File "/app/app.py", line 20, in build
servicekit.settings.SettingsError: /app/settings.toml: `ttl` is no setting of this service
[7] [ERROR] Reason: Worker failed to boot.
"""
NGINX = '2026/11/24 [emerg] 7#7: unknown directive "lissten" in /etc/nginx/nginx.conf:4\n'
HAPROXY = """\
[ALERT] (1) : config : parsing [/conf/edge.cfg:9] : unknown keyword 'ballance' in 'backend' section
[ALERT] (1) : config : parsing [/conf/edge.cfg:12] : unknown keyword 'servr' in 'backend' section
[ALERT] (1) : config : Error(s) found in configuration file : /conf/edge.cfg
"""
POSTGRES = """\
2026-11-24 LOG:  syntax error in file "/conf/extra.conf" line 2, near token "on"
2026-11-24 FATAL:  configuration file "/conf/extra.conf" contains errors
"""
ZONE = "error: [shop.test.] zone loader, error, file '/conf/shop.zone', line 7 (unknown record type)"
TOML = """\
  File "/app/app.py", line 20, in build
servicekit.settings.SettingsError: /app/settings.toml: not valid TOML: Invalid value (at line 3, column 8).
"""
TOML_ENDS = """\
  File "/app/app.py", line 20, in build
servicekit.settings.SettingsError: /app/settings.toml: not valid TOML: Invalid value (at end of document).
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A toy."""
    return copy("01-always-fixed", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NAME_ERROR, "labs/01-always-fixed/shop/prices.py line 3: NameError: name 'limmit' is not defined"),
        (SYNTAX_ERROR, "labs/01-always-fixed/shop/app.py line 9: SyntaxError: '(' was never closed"),
        (HANGING, "labs/01-always-fixed/shop/app.py line 10"),
        (ENDLESS, "labs/01-always-fixed/shop/prices.py line 3: Timeout (0:00:10)!"),
        (SETTINGS, "labs/01-always-fixed/shop/settings.toml: servicekit.settings.SettingsError: /app/settings.toml: "),
        ('  File "/opt/kit/servicekit/settings.py", line 40, in load\nValueError: x\n', ""),
        ('  File "/application/app.py", line 40, in load\nValueError: x\n', ""),
        (NGINX, f"labs/01-always-fixed/edge/nginx.conf line 4: {NGINX.strip()}"),
        (
            HAPROXY,
            "labs/01-always-fixed/db/edge.cfg line 9: [ALERT] (1) : config : parsing [/conf/edge.cfg:9] : unknown",
        ),
        (POSTGRES, "labs/01-always-fixed/db/extra.conf line 2: 2026-11-24 LOG:  syntax error in file"),
        (ZONE, f"labs/01-always-fixed/db/shop.zone line 7: {ZONE}"),
        (TOML, "labs/01-always-fixed/shop/settings.toml line 3: servicekit.settings.SettingsError: /app/settings.toml"),
        (TOML_ENDS, "labs/01-always-fixed/shop/settings.toml: servicekit.settings.SettingsError: /app/settings.toml: "),
        ("connection to /run/postgres:5432 refused, see http://db:80", ""),
        ("", ""),
    ],
)
def test_the_last_place_in_the_students_files_is_named(lab: Lab, text: str, said: str) -> None:
    """File and line as the student knows them, with the error; nothing where their files are not named."""
    found = where(text, MOUNTS, lab)

    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_each_service_has_its_own_folder(lab: Lab) -> None:
    """The folder inside the container is translated to the one that is mounted there, also for a single file."""
    mounts = {"/app": "shop", "/srv/jobs": "worker", "/etc/shop": ""}

    assert where('File "/srv/jobs/a/b.py", line 2', mounts, lab) == "labs/01-always-fixed/worker/a/b.py line 2"
    assert where('File "/etc/shop/c.py", line 4', mounts, lab) == "labs/01-always-fixed/c.py line 4"
