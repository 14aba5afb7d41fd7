"""Is the place in the student's files found in what a service printed?"""

from __future__ import annotations

import json
import time

import pytest

from harness.run.postmortem import unfolded, where

FILES = "work/toy"
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
OWN_ERROR = """\
Traceback (most recent call last):
  File "/app/app.py", line 7, in <module>
    raise OutOfStock("no kettles")
app.OutOfStock: no kettles
[2026-11-23 21:05:01 +0000] [7] [ERROR] Worker failed
"""
LOGGED = json.dumps({"level": "error", "message": "GET / failed", "traceback": NAME_ERROR}) + "\n"
EXIT = """\
The service ends itself (most recent call last):
  File "/app/app.py", line 3, in <module>
    os._exit(0)
SystemExit: os._exit(0) ends the process at once
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NAME_ERROR, "work/toy/shop/prices.py line 3: NameError: name 'limmit' is not defined"),
        (SYNTAX_ERROR, "work/toy/shop/app.py line 9: SyntaxError: '(' was never closed"),
        (HANGING, "work/toy/shop/app.py line 10"),
        (OWN_ERROR, "work/toy/shop/app.py line 7: app.OutOfStock: no kettles"),
        (LOGGED, "work/toy/shop/prices.py line 3: NameError: name 'limmit' is not defined"),
        (EXIT, "work/toy/shop/app.py line 3: SystemExit: os._exit(0) ends the process at once"),
        (ENDLESS, "work/toy/shop/prices.py line 3: Timeout (0:00:10)!"),
        (SETTINGS, "work/toy/shop/settings.toml: servicekit.settings.SettingsError: /app/settings.toml: "),
        ('  File "/opt/kit/servicekit/settings.py", line 40, in load\nValueError: x\n', ""),
        ('  File "/application/app.py", line 40, in load\nValueError: x\n', ""),
        (NGINX, f"work/toy/edge/nginx.conf line 4: {NGINX.strip()}"),
        (
            HAPROXY,
            "work/toy/db/edge.cfg line 9: [ALERT] (1) : config : parsing [/conf/edge.cfg:9] : unknown",
        ),
        (POSTGRES, "work/toy/db/extra.conf line 2: 2026-11-24 LOG:  syntax error in file"),
        (ZONE, f"work/toy/db/shop.zone line 7: {ZONE}"),
        (TOML, "work/toy/shop/settings.toml line 3: servicekit.settings.SettingsError: /app/settings.toml"),
        (TOML_ENDS, "work/toy/shop/settings.toml: servicekit.settings.SettingsError: /app/settings.toml: "),
        ("connection to /run/postgres:5432 refused, see http://db:80", ""),
        ("", ""),
    ],
)
def test_the_last_place_in_the_students_files_is_named(text: str, said: str) -> None:
    """File and line as the student knows them, with the error; nothing where their files are not named."""
    found = where(unfolded(text), MOUNTS, FILES)

    assert found.startswith(said)
    assert bool(found) == bool(said)


def test_each_service_has_its_own_folder() -> None:
    """The folder inside the container is translated to the one that is mounted there, also for a single file."""
    mounts = {"/app": "shop", "/srv/jobs": "worker", "/etc/shop": ""}

    assert where('File "/srv/jobs/a/b.py", line 2', mounts, FILES) == "work/toy/worker/a/b.py line 2"
    assert where('File "/etc/shop/c.py", line 4', mounts, FILES) == "work/toy/c.py line 4"


def test_a_line_is_never_cut_within_its_number() -> None:
    """The last lines are told whole: `line 132` is not `line 13`, however long the name before it is."""
    said = f'  File "/app/{"a" * 70}.py", line 132, in load\nValueError: x\n'

    assert where(unfolded(said), MOUNTS, FILES) == f"work/toy/shop/{'a' * 70}.py line 132: ValueError: x"


@pytest.mark.parametrize(
    "piece",
    [
        "/",
        "a",
        "a.",
        "_",
        "Error",
        "/a ",
        ' File "/',
        "SettingsError: /",
        "/a.toml: ",
        "'/",
        "=/",
        "{",
        '{"a":',
        "\n",
        " \n",
    ],
)
def test_a_flood_is_searched_in_no_time(piece: str) -> None:
    """Three megabytes of anything take milliseconds: the patterns are linear, and see only the end of a log."""
    flood = piece * (3_000_000 // len(piece))

    begun = time.process_time()
    where(unfolded(flood), MOUNTS, FILES)

    assert time.process_time() - begun < 0.2


def test_what_a_log_says_is_made_printable() -> None:
    """A control sequence in an error's text is shown, and not obeyed."""
    said = '  File "/app/app.py", line 2, in load\nValueError: \x1b[2JFIXED\u202e\n'

    assert where(said, MOUNTS, FILES) == "work/toy/shop/app.py line 2: ValueError: \\x1b[2JFIXED\\u202e"
