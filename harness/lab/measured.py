"""What was measured of how well a lab's checks tell right from wrong, and when (solution/proof.json)?

{"repeats": {"date", "variants", "idle": {"date", "repeats", "runs", "false"}, "busy": {…}, "upper_bound"},
"mutants": {"date", "seed", "sample", "counted", "killed", "equivalent", "survived", "score"}}
"""

from __future__ import annotations

import datetime as dt
import json
import math
from pathlib import Path
from typing import Any

from harness.errors import ManifestError
from harness.lab import files
from harness.lab.manifest import Lab

REPEATS, MUTANTS = "repeats", "mutants"
IDLE, BUSY = "idle", "busy"
MUTANT_KEYS = ("sample", "counted", "killed", "equivalent", "survived", "score")
RUN_KEYS = {"date", "repeats", "runs", "false"}
KEYS = {
    REPEATS: {"date", "variants", "upper_bound"},
    MUTANTS: {"date", "seed", *MUTANT_KEYS},
}
CONFIDENCE = 0.95
HALVINGS = 60
DIGITS = 4


def path_of(lab: Lab) -> Path:
    """Where it stands."""
    return lab.solution / "proof.json"


def of(lab: Lab) -> dict[str, Any]:
    """All that was measured, empty where nothing was; ManifestError where the file is damaged."""
    path = path_of(lab)
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as problem:
        raise ManifestError(f"{path}: not valid JSON: {problem}. {_renewed(lab)}") from None
    if not isinstance(content, dict) or not all(_is_whole(name, part) for name, part in content.items()):
        raise ManifestError(f"{path}: is not what Outage Lab writes: it was changed or is damaged. {_renewed(lab)}")
    return content


def _is_whole(name: str, part: Any) -> bool:
    """All that stands there is there, and no more."""
    if not isinstance(part, dict) or name not in KEYS or set(part) - {IDLE, BUSY} != KEYS[name]:
        return False
    inner = [part[when] for when in (IDLE, BUSY) if when in part]
    return all(isinstance(one, dict) and set(one) == RUN_KEYS for one in inner)


def _renewed(lab: Lab) -> str:
    return f"Remove it; `make prove-{lab.slug} KEEP=1` and `make mutate-{lab.slug} KEEP=1` write it again."


def keep_repeats(lab: Lab, when: str, *, variants: int, runs: int, false: int) -> None:
    """Keep how many runs gave a false verdict, on an idle machine or a busy one (`when`); the other stays as it was."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    before = of(lab).get(REPEATS, {})
    parts = {name: before[name] for name in (IDLE, BUSY) if name in before}
    parts[when] = {"date": today, "repeats": runs // variants, "runs": runs, "false": false}
    every = [sum(part[key] for part in parts.values()) for key in ("false", "runs")]
    bound = round(upper_bound(*every), DIGITS)
    _keep(lab, REPEATS, {"date": today, "variants": variants, **parts, "upper_bound": bound})


def keep_mutants(lab: Lab, seed: int, counts: dict[str, Any]) -> None:
    """Keep what came of the mutants that were drawn."""
    wanted = {key: counts[key] for key in MUTANT_KEYS}
    _keep(lab, MUTANTS, {"date": dt.datetime.now(dt.UTC).date().isoformat(), "seed": seed, **wanted})


def _keep(lab: Lab, name: str, part: dict[str, Any]) -> None:
    content = of(lab) | {name: part}
    ordered = {key: content[key] for key in (REPEATS, MUTANTS) if key in content}
    files.replace(path_of(lab), f"{json.dumps(ordered, indent=2)}\n".encode())


def upper_bound(false: int, runs: int) -> float:
    """The rate of false verdicts that is not exceeded, by these runs, with 95 % confidence (exact, binomial)."""
    if false >= runs:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(false, runs, middle) > 1 - CONFIDENCE else (low, middle)
    return high


def _at_most(false: int, runs: int, rate: float) -> float:
    """How probable it is that no more of the runs are false at this rate."""
    logs = (math.log(rate), math.log1p(-rate))
    ways = (math.lgamma(runs + 1) - math.lgamma(at + 1) - math.lgamma(runs - at + 1) for at in range(false + 1))
    return sum(math.exp(way + at * logs[0] + (runs - at) * logs[1]) for at, way in enumerate(ways))
