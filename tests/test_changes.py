"""Does each operator make the changes that it is named for, all of them, and nothing else of the file?"""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

from harness.errors import OutageError
from harness.lab import changes
from harness.lab.changes import meaning, numbers, of_file


def made(operator: str, text: str, name: str = "app.py") -> list[str]:
    """What this operator makes of a file."""
    return [changed for done, changed in of_file.changes(name, dedent(text)) if done == operator]


def within(body: str) -> str:
    """These lines as the body of a function."""
    lines = dedent(body).strip("\n").splitlines()
    return "def work(lock, db, log, x, y):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a < b", ["a <= b"]), ("a <= b", ["a < b"]), ("a > b", ["a >= b"]), ("a >= b", ["a > b"]),
        ("a == b", ["a != b"]), ("a != b", ["a == b"]), ("a is b", ["a is not b"]), ("a is not b", ["a is b"]),
        ("a in b", ["a not in b"]), ("a not in b", ["a in b"]), ("a < b <= c", ["a <= b <= c", "a < b < c"]),
    ],
)  # fmt: skip
def test_a_comparison_is_moved_by_one(before: str, after: list[str]) -> None:
    """Each comparison of a chain once."""
    known = "a, b, c = object(), object(), object()\n"
    assert made("compare", f"{known}seen = {before}\n") == [f"{known}seen = {one}\n" for one in after]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("if x:\n    y()", ["if not x:\n    y()"]),
        ("if not x:\n    y()", ["if x:\n    y()"]),
        ("if x < y:\n    y()", ["if x >= y:\n    y()"]),
        ("if x < y < 3:\n    y()", ["if not x < y < 3:\n    y()"]),
        ("if x and y:\n    y()", ["if not (x and y):\n    y()"]),
        ("if z := x():\n    y(z)", ["if not (z := x()):\n    y(z)"]),
        ("while x:\n    y()", ["while not x:\n    y()"]),
        ("while True:\n    y()", []),
        ("return x if y else 0", ["return x if not y else 0"]),
        ("return [z for z in x if z]", ["return [z for z in x if not z]"]),
        ("assert x", ["assert not x"]),
        ("if x:\n    y()\nelif y:\n    x()", [
            "if not x:\n    y()\nelif y:\n    x()", "if x:\n    y()\nelif not y:\n    x()"
        ]),
    ],
)  # fmt: skip
def test_a_condition_is_negated(before: str, after: list[str]) -> None:
    """Whole conditions, with brackets where they are needed; a loop without end is left alone."""
    assert made("negate", within(before)) == [within(one) for one in after]


@pytest.mark.parametrize(
    ("written", "others"),
    [
        ("3", ["30", "0"]), ("40", ["400", "4"]), ("1_000", ["10000", "100"]), ("2.0", ["20.0", "0.2"]), ("0", []),
        ("0.1", ["1.0", "0.01"]), ("0.0", []), ("0x10", []), ("1e3", []), ("2j", []), ("25", ["250", "2"]),
    ],
)  # fmt: skip
def test_a_number_is_scaled(written: str, others: list[str]) -> None:
    """Ten times and a tenth; a whole number stays whole, zero has neither."""
    assert list(numbers.scaled(written)) == others
    assert made("number", f"wait = {written}\n") == [f"wait = {other}\n" for other in others]


def test_a_switch_is_turned() -> None:
    """True and False, but not the True of a loop without end."""
    text = "import queue\n\nwhile True:\n    queue.Queue().get(block=True)\n"
    assert made("switch", text) == [text.replace("block=True", "block=False")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x()\ny()\nreturn x", ["y()\nreturn x", "x()\nreturn x", "x()\ny()"]),
        ("x += 1\nreturn x", ["return x", "x += 1"]),
        ("x.y = 1", ["pass"]),
        ("for z in x:\n    if z:\n        break", ["for z in x:\n    pass", "for z in x:\n    if z:\n        pass"]),
        ("if x:\n    raise y\nelse:\n    del y.x", [
            "if x:\n    pass\nelse:\n    del y.x", "if x:\n    raise y\nelse:\n    pass"
        ]),
        ("import os\nglobal z\nz = os", ["import os\nglobal z"]),
        ("z = x()\nreturn z", ["z = x()"]),
        ("z = 0\nz += x\nreturn z", ["z = 0\nreturn z", "z = 0\nz += x"]),
    ],
)  # fmt: skip
def test_a_statement_is_dropped(before: str, after: list[str]) -> None:
    """A simple one, or a whole `if`; `pass` stands where nothing is left, and no name is left without a value."""
    assert sorted(made("drop", within(before))) == sorted(within(one) for one in after)


def test_definitions_stay() -> None:
    """Fields of a class, imports and a module's names are not dropped; an attribute keeps its first value."""
    text = """
        import app
        LIMIT = 3
        app.configure(LIMIT)

        class Settings:
            wait = LIMIT

            def __init__(self):
                self.told = None

            def tell(self):
                return self.told
    """
    assert made("drop", text) == [
        dedent(text).replace("app.configure(LIMIT)\n", ""),
        dedent(text).replace("return self.told", "pass"),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x()\ny()", ["y()\nx()"]),
        ("x(y)\ny += 1", ["y += 1\nx(y)"]),
        ("y += 1\nx(y)", ["x(y)\ny += 1"]),
        ("x.a = y\ndb()", ["db()\nx.a = y"]),
        ("if y:\n    x()\ndb()", ["db()\nif y:\n    x()"]),
        ("z = y()\nx(z)", []),
        ("x.a = 1\nx.b = 2", []),
        ("x.a = 1\nx.a = 2", ["x.a = 2\nx.a = 1"]),
        ("x.a = int(y)\nx.b = int(y)", []),
        ("x()\nreturn y", []),
        ("x()\nlog.info('x is done')\ny()", []),
        ("x()\nimport os\nos.sync()", []),
        ("if y:\n    x()\nif x:\n    y()", []),
        ("self.a = 1\nself.b = db.open(y)", []),
        ("self.a = threading.Lock()\nself.b = Redis(y)", []),
        ("self.a = 1\nself.b = self.open()", ["self.b = self.open()\nself.a = 1"]),
        ("self.a = 1\nx(self)", ["x(self)\nself.a = 1"]),
        ("self.a.c = 1\nself.b = db.open(y)", ["self.b = db.open(y)\nself.a.c = 1"]),
    ],
)
def test_neighbours_are_swapped(before: str, after: list[str]) -> None:
    """Only where one may see what the other does, and neither needs what the other brings."""
    assert made("swap", within(before)) == [within(one) for one in after]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("with lock:\n    x()\n    y()", ["x()\ny()"]),
        ("with lock, db.transaction():\n    x()", ["with db.transaction():\n    x()", "with lock:\n    x()"]),
        ("with x as z, lock:\n    z()", ["with x as z:\n    z()"]),
        ("with x() as z:\n    z()", []),
        ("with lock: x()", ["x()"]),
    ],
)
def test_a_lock_is_taken_out(before: str, after: list[str]) -> None:
    """A context that gives no name; its body stays."""
    assert made("with", within(before)) == [within(one) for one in after]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("try:\n    x()\nexcept OSError:\n    y()", ["x()"]),
        ("try:\n    x()\nexcept OSError:\n    y()\nelse:\n    db()", ["x()\ndb()"]),
        ("try:\n    x()\nexcept OSError:\n    y()\nexcept ValueError:\n    db()", [
            "try:\n    x()\nexcept ValueError:\n    db()", "try:\n    x()\nexcept OSError:\n    y()"
        ]),
        ("try:\n    x()\nexcept OSError:\n    y()\nelse:\n    db()\nfinally:\n    y()", [
            "try:\n    x()\n    db()\nfinally:\n    y()"
        ]),
    ],
)  # fmt: skip
def test_an_except_is_taken_out(before: str, after: list[str]) -> None:
    """Each one by itself; the `try` goes where nothing else needs it."""
    assert made("except", within(before)) == [within(one) for one in after]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("try:\n    x()\nfinally:\n    y()", ["x()\ny()"]),
        (
            "try:\n    x()\nexcept OSError:\n    db()\nfinally:\n    y()",
            ["try:\n    x()\nexcept OSError:\n    db()\ny()"],
        ),
    ],
)
def test_a_finally_is_taken_out(before: str, after: list[str]) -> None:
    """What it does stays, but comes no longer whatever happens."""
    assert made("finally", within(before)) == [within(one) for one in after]


def test_a_commit_is_taken_out() -> None:
    """`commit` and `rollback` have a name of their own, and are not dropped statements as well."""
    before = "db.commit()\nx()\ndb.rollback(1)"
    assert made("commit", within(before)) == [within("x()\ndb.rollback(1)"), within("db.commit()\nx()")]
    assert made("drop", within(before)) == [within("db.commit()\ndb.rollback(1)")]


@pytest.mark.parametrize(
    "text",
    [
        '"""Waits 3 s."""\n',
        'def wait():\n    """Wait 3 s."""\n',
        "def wait(log):\n    log.info('%d s', 3 if log else 4)\n",
        "print(3)\n",
        "import logging\n\nlogging.getLogger('kafka').setLevel(30)\n",
        "def wait(app):\n    app.logger.warning('%s', 3)\n",
        "limit: Literal[3]\n",
        "from dataclasses import dataclass\n\n@dataclass(frozen=True)\nclass Settings:\n    pass\n",
        "row = list()\nfirst, last = row[1], row[-1]\n",
        "def answer(jsonify):\n    pass\n\n\ngone = (None, 404)\n",
    ],
    ids=["docstring", "docstring of a function", "log", "print", "level of the log", "log of an app", "annotation",
         "dataclass", "which element", "status"],
)  # fmt: skip
def test_remarks_are_left_alone(text: str) -> None:
    """What is read by people or type checkers says nothing of a promise."""
    assert of_file.changes("app.py", text) == ()


def test_a_file_is_changed_in_one_place_only() -> None:
    """Comments, blank lines and quotes around the change stay as they are."""
    text = "# why\n\nif  x('a',\n      \"b\"):  # because\n    y = 3   # s\n"
    assert f"{text.replace('3', '30')}" in made("number", text)
    assert text.replace("x('a'", "not x('a'") in made("negate", text)


SETTINGS = """# 3 times, or off
pool = 5
wait_seconds = 0.5  # on
dsn = "host=db-1 port=5432 connect_timeout=2"
cached = true
until = 2026-11-26
"""


def test_toml_is_changed_where_it_says_something() -> None:
    """Numbers and truth values, also a number in a text; no comment, no name, no port, no date."""

    def changed(before: str, after: str) -> str:
        assert SETTINGS.count(before) == 1
        return SETTINGS.replace(before, after)

    assert set(of_file.changes("settings.toml", SETTINGS)) == {
        ("number", changed("pool = 5\n", "pool = 50\n")),
        ("number", changed("pool = 5\n", "pool = 0\n")),
        ("number", changed("wait_seconds = 0.5", "wait_seconds = 5.0")),
        ("number", changed("wait_seconds = 0.5", "wait_seconds = 0.05")),
        ("number", changed("timeout=2", "timeout=20")),
        ("number", changed("timeout=2", "timeout=0")),
        ("switch", changed("true", "false")),
    }


@pytest.mark.parametrize(
    ("name", "line", "others"),
    [
        ("db.conf", "wal_sender_timeout = 2s", ["wal_sender_timeout = 20s", "wal_sender_timeout = 0s"]),
        ("db.conf", "hot_standby_feedback = off", ["hot_standby_feedback = on"]),
        ("db.conf", "# fsync = off", []),
        ("db.conf", "max_delay = -1", ["max_delay = -10", "max_delay = -0"]),
        ("nginx.conf", "listen 8443 ssl;", []),
        ("nginx.conf", "server 10.0.0.1:80;", []),
        ("nginx.conf", "ssl_protocols TLSv1.2;", []),
        ("nginx.conf", "proxy_buffering ON;", ["proxy_buffering OFF;"]),
        ("haproxy.cfg", "rise 2 # of 4", ["rise 20 # of 4", "rise 0 # of 4"]),
        ("schema.sql", "SELECT $1 LIMIT 10 -- of 20", ["SELECT $1 LIMIT 100 -- of 20", "SELECT $1 LIMIT 1 -- of 20"]),
        ("schema.sql", "CREATE INDEX ON t (id) /* 3 */;", []),
        ("schema.sql", "SET done = TRUE;", ["SET done = FALSE;"]),
    ],
)  # fmt: skip
def test_settings_are_changed_where_they_say_something(name: str, line: str, others: list[str]) -> None:
    """Servers' configuration and SQL: numbers with their unit, switches, nothing in comments and addresses."""
    assert [changed for _, changed in of_file.changes(name, f"{line}\n")] == [f"{other}\n" for other in others]


def test_what_cannot_be_loaded_is_no_change() -> None:
    """A change after which the file is no Python, or no TOML, any more is left out."""
    assert made("drop", "def work():\n    yield\n    return\n") == ["def work():\n    yield\n"]
    assert meaning.of("app.py", "return = 1\n") is None
    assert meaning.of("settings.toml", "a = 1\na = 2\n") is None


def test_comments_and_spaces_mean_nothing() -> None:
    """Two files that say the same to the machine are the same."""
    assert meaning.of("app.py", "x=1 # one\n") == meaning.of("app.py", "x = 1\n")
    assert meaning.of("a.conf", "x  on; # '\n") == meaning.of("a.conf", "x on;\n")
    assert meaning.of("a.conf", "x '# 1';") != meaning.of("a.conf", "x '# 2';")


def test_no_change_is_made_twice() -> None:
    """What two operators would make is made once, by the one that is named for it."""
    found = of_file.changes("app.py", within("if x == y:\n    db.commit()"))
    texts = [changed for _, changed in found]

    assert len(set(texts)) == len(texts)
    assert ("compare", within("if x != y:\n    db.commit()")) in found
    assert ("commit", within("if x == y:\n    pass")) in found


def test_without_the_library_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation for students lacks libcst: one message says what brings it."""
    monkeypatch.setitem(sys.modules, "libcst", None)
    monkeypatch.delitem(sys.modules, "harness.lab.changes.python", raising=False)
    monkeypatch.delattr(changes, "python", raising=False)

    with pytest.raises(OutageError, match=r"not installed.*\nWhat next: `make mutate-<lab>` installs it"):
        of_file.changes("app.py", "wait = 3  # of a file that nobody has asked for yet\n")
