"""How does a test write a recording by hand, and ask one promise of a lab about it?"""

from __future__ import annotations

from typing import Any

from harness import paths
from harness.judge import checks
from harness.judge.checks import CheckResult
from harness.judge.recording import FORMAT, Recording
from harness.lab import manifest

NOTHING_SEEN = {"seconds": 1.0, "requests": 0, "ok": 0, "errors": 0, "by_error": {}, "by_name": {}}


def recording(
    facts: dict[str, Any] | None = None,
    phases: dict[str, dict[str, Any]] | None = None,
    samples: dict[str, list[list[float]]] | None = None,
    marks: list[dict[str, Any]] | None = None,
    seed: int = 7,
) -> Recording:
    """A recording with these facts and what customers saw per phase; everything else is empty.

    `phases`: name to figures (`requests`, `ok`, `errors`, `by_error`, `by_name`, `seconds`); what is not said is 0.
    """
    figures = {name: NOTHING_SEEN | said for name, said in (phases or {}).items()}
    spans = [{"name": name, "start": float(at), "end": at + 1.0} for at, name in enumerate(figures)]
    return Recording(
        {
            "format": FORMAT, "lab": "literal", "title": "Literal", "run": "literal", "purpose": "check",
            "variant": "student", "seed": seed, "phases": spans, "marks": marks or [],
            "traffic": {"seconds": [], "phases": figures}, "samples": samples or {}, "facts": facts or {},
            "unknown": [], "deaths": [],
        }
    )  # fmt: skip


def says(slug: str, check: str, seen: Recording) -> CheckResult:
    """What this promise of the lab says of the recording."""
    [folder] = [path for path in (paths.ROOT / "labs").glob("*") if path.name.partition("-")[2] == slug]
    return checks.run_one(manifest.read(folder), check, seen)
