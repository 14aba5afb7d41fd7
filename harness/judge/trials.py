"""How are the variants of labs run, several side by side, each as a student's files would be?"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from harness import environment, paths
from harness.judge import proof
from harness.judge.checks import CheckResult
from harness.judge.proof import ERROR, Case, Result
from harness.judge.verdict import Verdict
from harness.lab import variants

Tell = Callable[[Result, int, int], None]
LIMIT_SECONDS = 240
BUSY_LOOP = "import os,sys,time\nparent=os.getppid()\nwhile os.getppid()==parent:\n  for _ in range(10**6): pass"


def run(
    wanted: list[Case],
    jobs: int,
    within: Path,
    tell: Tell | None = None,
    *,
    record: bool = False,
) -> list[Result]:
    """Run all cases, so many side by side, each in a process of its own; results as they come in.

    Records of right runs are removed; with `record`, their recordings are kept for the tests.
    """
    children = _Children()
    results: list[Result] = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(_one, case, within, children, record) for case in wanted]
        try:
            for future in as_completed(futures):
                results.append(future.result())
                if tell:
                    tell(results[-1], len(results), len(wanted))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            children.terminate()
            raise
    return results


class _Children:
    """The processes that run now, so that an interrupted proof can end them and let them clean up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()

    def run(self, command: list[str]) -> tuple[int, str, str]:
        """Exit code, output and errors of a command."""
        with self._lock:
            child = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                errors="replace",
                cwd=paths.ROOT,
                env=environment.child(),
            )
            self._running.add(child)
        try:
            output, errors = child.communicate(timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            child.terminate()
            output, errors = child.communicate()
        finally:
            with self._lock:
                self._running.discard(child)
        return child.returncode, output, errors

    def terminate(self) -> None:
        """Ask all to end; each removes its own stack."""
        with self._lock:
            for child in self._running:
                child.terminate()


def _one(case: Case, within: Path, children: _Children, record: bool) -> Result:
    with tempfile.TemporaryDirectory(prefix="outage-") as folder:
        variants.write(case.variant.files(), Path(folder))
        command = [sys.executable, "-I", "-m", "harness", "check", case.lab.slug, "--json"]
        command += ["--variant", case.variant.name, "--within", str(within), "--overlay", folder]
        _, output, errors = children.run(command)
    try:
        said = json.loads(output)
        result = _result(case, said)
    except (ValueError, KeyError):
        return Result(case, ERROR, (), f"{output[-500:]} {errors[-500:]}".strip(), 0.0)
    if result.right and result.folder:
        if record:
            proof.keep(case, result.folder / paths.RECORDING_FILE)
        shutil.rmtree(result.folder, ignore_errors=True)
    return result


def _result(case: Case, said: dict[str, Any]) -> Result:
    results = tuple(CheckResult(**check) for check in said["checks"])
    judged = Verdict(said["verdict"], tuple(said["reasons"]), results, said["unstarted"])
    return proof.of_verdict(case, judged, said["seconds"]["total"], Path(said["folder"]))


@contextlib.contextmanager
def busy_cores(*, wanted: bool) -> Iterator[None]:
    """Keep every core busy inside the block; the loops end with this process, whatever ends it."""
    count = (os.cpu_count() or 1) if wanted else 0
    loops = [subprocess.Popen([sys.executable, "-I", "-c", BUSY_LOOP], env=environment.child()) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
