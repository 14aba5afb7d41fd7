"""Does a service whose code ends it say so at once, with file and line, whatever way out it takes?"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.run import engine, inside
from harness.run.postmortem import unfolded, where
from harness.setup import images

pytestmark = pytest.mark.docker
FLASK = "import os, sys, signal, threading, time\nfrom flask import Flask\napp = Flask('shop')\n"
LATER = "def later():\n    time.sleep(1)\n    os.kill(os.getppid(), signal.SIGTERM)\n"
WORKER = ("python", "-m", "servicekit.worker", "app")
SECONDS = 15.0
"""Much less than the 25 s after which a service that says nothing is given up."""

Ended = tuple[int, str, str]
End = Callable[..., Ended]


@pytest.fixture
def end(stacks: Path, tmp_path: Path) -> Iterator[End]:
    """Runs an app.py as a service until it ends: exit code, the place that is named, and the log."""
    made: list[Any] = []

    def run(code: str, *command: str, **environment: str) -> Ended:
        (tmp_path / "app.py").write_text(code)
        tmp_path.chmod(0o755)
        made.append(
            engine.client().containers.run(
                images.tags()["python"], list(command) or None, labels={engine.LABEL_HOME: str(stacks)}, detach=True,
                user="10001:10001", mem_limit="128m", network_mode="none", init=False,
                environment={"PYTHONPATH": "/app:/opt/kit"} | environment,
                volumes={str(tmp_path): {"bind": "/app", "mode": "ro"}},
            )
        )  # fmt: skip
        code_of_exit = int(made[-1].wait(timeout=SECONDS)["StatusCode"])
        log = inside.printed(made[-1].id, 200)
        return code_of_exit, where(unfolded(log), {"/app": "shop"}, "work/toy"), log

    yield run
    for one in made:
        one.remove(force=True)


@pytest.mark.parametrize(
    ("code", "place"),
    [
        ("import sys\nsys.exit(0)\n", "line 2: SystemExit: 0"),
        ("raise SystemExit('no database')\n", "line 1: SystemExit: no database"),
        ("import os\n\nos._exit(0)\n", "line 3: SystemExit: os._exit(0)"),
        ("import os\nos.kill(os.getpid(), 9)\n", "line 2: SystemExit: os.kill("),
        ("import os\nos.kill(1, 15)\nimport time\ntime.sleep(9)\n", "line 2: SystemExit: os.kill(1, 15)"),
        ("import os\nos.abort()\n", "line 2: SystemExit: os.abort()"),
        ("import ctypes\nctypes.string_at(0)\n", "line 2: Fatal Python error: Segmentation fault"),
        ("raise KeyboardInterrupt\n", "line 1: KeyboardInterrupt"),
        (FLASK + "threading.Timer(0.2, lambda: os._exit(0)).start()\n", "line 4: SystemExit: os._exit(0)"),
        (FLASK + "threading.Timer(1, lambda: os._exit(1)).start()\n", "line 4: SystemExit: os._exit(1)"),
        (FLASK + LATER + "threading.Thread(target=later).start()\n", "line 6: SystemExit: os.kill(1, "),
        ("raise RuntimeError('x' * 100_000)\n", "line 1: RuntimeError: xxx"),
    ],
    ids=[
        "sys.exit", "SystemExit", "os._exit", "a signal to itself", "a signal to the server", "abort", "segfault",
        "KeyboardInterrupt", "a thread, at once", "a thread, later", "a thread ends the server", "a long error",
    ],
)  # fmt: skip
def test_a_web_service_that_ends_itself_names_the_line(end: End, code: str, place: str) -> None:
    """The container ends within seconds, instead of being started again and again; the log has the line."""
    _, named, log = end(code)

    assert f"work/toy/shop/app.py {place}" in named, log


def test_a_web_service_whose_end_leaves_no_trace_still_ends(end: End) -> None:
    """Where nothing can tell the line, the log says what happened."""
    code = "import signal, os\nlibc = __import__('ctypes').CDLL(None)\nlibc.kill(os.getpid(), 9)\n"

    exit_code, _, log = end(code)

    assert exit_code == 3
    assert "The service does not load: its process ended while" in log


@pytest.mark.parametrize(
    ("code", "exit_code", "place"),
    [
        ("import sys\nsys.exit(0)\n", 0, "line 2: SystemExit: 0"),
        ("def main():\n    raise SystemExit('done')\n", 1, "line 2: SystemExit: done"),
        ("def main():\n    import os\n    os._exit(7)\n", 7, "line 3: SystemExit: os._exit(7)"),
        ("import time\n\ndef main():\n    time.sleep(1)\n", 0, "line 3: SystemExit: main() has returned"),
        ("import threading, os\ndef main():\n    threading.Timer(1, os._exit, [5]).start()\n", 5, ""),
    ],
    ids=["at the top", "in main", "os._exit", "main returns", "a timer without code of its own"],
)
def test_a_worker_that_ends_itself_names_the_line(end: End, code: str, exit_code: int, place: str) -> None:
    """It ends with the exit code that it asked for."""
    ended, named, log = end(code, *WORKER)

    assert ended == exit_code, log
    assert f"work/toy/shop/app.py {place}" in named or not place, log


def test_a_worker_that_is_told_to_end_says_nothing(stacks: Path, tmp_path: Path, end: End) -> None:
    """SIGTERM from outside is no fault of the code."""
    code = "import os, threading, signal, time\n\ndef main():\n    time.sleep(30)\n"
    command = ("sh", "-c", "python -m servicekit.worker app & sleep 2; kill $!; wait $!")

    ended, named, log = end(code, *command)

    assert (ended, named) == (0, ""), log


def test_a_child_of_the_students_may_end(end: End) -> None:
    """A process that the code itself has started ends without a word; the service goes on."""
    forks = "child = os.fork()\nif not child:\n    os._exit(0)\nos.waitpid(child, 0)\n"
    ends = "threading.Timer(2, lambda: os.kill(1, 15)).start()\n"

    begun = time.monotonic()
    _, named, log = end(FLASK + forks + ends)

    assert "os._exit" not in log
    assert "line 8: SystemExit: os.kill(1, 15)" in named, log
    assert time.monotonic() - begun > 2
