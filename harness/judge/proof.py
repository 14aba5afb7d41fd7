"""Do a lab's checks tell right from wrong, variant by variant and again and again?"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import paths
from harness.errors import ManifestError
from harness.lab.manifest import Lab
from harness.judge.verdict import BROKEN, FIXED

LIMIT_SECONDS = 240
BUSY_LOOP = "import os,sys,time\nparent=os.getppid()\nwhile os.getppid()==parent:\n  for _ in range(10**6): pass"


@dataclass(frozen=True)
class Case:
    """One variant of a lab and what must come of it."""

    lab: Lab
    variant: str
    """`as shipped`, `fix <name>` or `decoy <name>`."""
    overlay: Path | None
    wanted: str
    """FIXED or BROKEN."""
    check: str | None
    """The check that must be among the failed ones."""

    @property
    def expectation(self) -> str:
        """`BROKEN on flush_stays_bounded`."""
        return f"{self.wanted} on {self.check}" if self.check else self.wanted


@dataclass(frozen=True)
class Result:
    """What came of one run of a case."""

    case: Case
    seen: str
    failed: tuple[str, ...]
    """Names of the checks that failed."""
    why: str
    """Reasons and messages of the run, for a verdict that is not as wanted."""
    seconds: float

    @property
    def right(self) -> bool:
        """Whether the verdict is as wanted."""
        return self.seen == self.case.wanted and (self.case.check is None or self.case.check in self.failed)


def cases(lab: Lab, *, quick: bool = False) -> list[Case]:
    """As shipped, every fix, every decoy; quick: as shipped and the first fix."""
    fixes = [Case(lab, f"fix {name}", folder, FIXED, None) for name, folder in lab.overlays("fixes").items()]
    decoys = [
        Case(lab, f"decoy {name}", folder, BROKEN, _catcher(lab, name))
        for name, folder in lab.overlays("decoys").items()
    ]
    shipped = Case(lab, "as shipped", None, BROKEN, lab.symptom)
    return [shipped, *fixes[:1]] if quick else [shipped, *fixes, *decoys]


def _catcher(lab: Lab, decoy: str) -> str:
    if decoy not in lab.decoys:
        raise ManifestError(f"{lab.folder / 'lab.toml'}: [decoys] does not say which check must catch {decoy!r}.")
    return lab.decoys[decoy]


def run(
    wanted: list[Case], jobs: int, within: Path, tell: Callable[[Result, int, int], None] | None = None
) -> list[Result]:
    """Run all cases, so many side by side, each in a process of its own; results as they come in."""
    children = _Children()
    results: list[Result] = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        futures = [pool.submit(_one, case, within, children) for case in wanted]
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
            child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=paths.ROOT)
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


def _one(case: Case, within: Path, children: _Children) -> Result:
    command = [sys.executable, "-m", "harness", "check", case.lab.slug, "--json"]
    command += ["--variant", case.variant, "--within", str(within)]
    command += ["--overlay", str(case.overlay)] if case.overlay else []
    _, output, errors = children.run(command)
    try:
        said = json.loads(output)
        result = _result(case, said)
    except (ValueError, KeyError):
        return Result(case, "ERROR", (), f"{output[-500:]} {errors[-500:]}".strip(), 0.0)
    if result.right:
        shutil.rmtree(said["folder"], ignore_errors=True)
    return result


def _result(case: Case, said: dict[str, Any]) -> Result:
    failed = [check for check in said["checks"] if check["outcome"] == "failed"]
    messages = [*said["reasons"], *(f"{check['name']}: {check['message']}" for check in failed)]
    names = tuple(check["name"] for check in failed)
    return Result(case, said["verdict"], names, " | ".join(messages), said["seconds"]["total"])


def proven(results: list[Result]) -> bool:
    """Whether there were results, and all were as wanted."""
    return bool(results) and all(result.right for result in results)


def summed(results: list[Result]) -> list[dict[str, object]]:
    """One row per variant: wanted, seen how often, how many false, median seconds."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.case.lab.slug, result.case.variant), []).append(result)
    return [_row(group) for _, group in sorted(groups.items())]


def _row(group: list[Result]) -> dict[str, object]:
    case = group[0].case
    verdicts = sorted({result.seen for result in group})
    seconds = sorted(result.seconds for result in group)
    failed = sorted({name for result in group for name in result.failed})
    return {
        "lab": case.lab.slug,
        "variant": case.variant,
        "wanted": case.expectation,
        "seen": f"{'/'.join(verdicts)} ×{len(group)}",
        "false": sum(not result.right for result in group),
        "failed": failed,
        "seconds": round(seconds[len(seconds) // 2], 1),
    }


@contextlib.contextmanager
def busy_cores(*, wanted: bool) -> Iterator[None]:
    """Keep every core busy inside the block; the loops end with this process, whatever ends it."""
    count = (os.cpu_count() or 1) if wanted else 0
    loops = [subprocess.Popen([sys.executable, "-c", BUSY_LOOP]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()
