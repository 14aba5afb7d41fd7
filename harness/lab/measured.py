"""What was measured of how well a lab's checks tell right from wrong, and when (solution/proof.json)?

{"repeats": {"of", "date", "variants", "idle": {"date", "repeats", "runs", "false"}, "busy": {…}, "upper_bound"},
"mutants": {"date", "seed", "sample", "counted", "killed", "equivalent", "survived", "score"}}

`of` is the digest of what was run: runs of one and the same lab add up, those of an earlier state of it are dropped.
"""

from __future__ import annotations

import datetime as dt
import hashlib
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
    REPEATS: {"of", "date", "variants", "upper_bound"},
    MUTANTS: {"date", "seed", *MUTANT_KEYS},
}
CONFIDENCE = 0.95
HALVINGS = 60
DIGITS = 4
RUN = ("broken", "stack", "drill", "solution/fixes", "solution/decoys")
RUN_FILES = ("lab.toml", "compose.yaml", "locustfile.py")
DIGEST_CHARACTERS = 12


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


def digest(lab: Lab) -> str:
    """Of all that a run of any variant of the lab consists of, short: the same as long as nothing of it changes."""
    said = hashlib.sha256()
    for folder in filter(Path.is_dir, map(lab.folder.joinpath, RUN)):
        for name, text in files.texts(folder).items():
            said.update(f"{folder.name}/{name}\0{text}\0".encode())
    for name in RUN_FILES:
        said.update((lab.folder / name).read_bytes() + b"\0")
    return said.hexdigest()[:DIGEST_CHARACTERS]


def is_of_now(lab: Lab, repeats: dict[str, Any]) -> bool:
    """Whether the kept runs are of the lab as it is."""
    return bool(repeats["of"] == digest(lab))


def keep_repeats(lab: Lab, when: str, *, variants: int, runs: int, false: int) -> None:
    """Add runs, and how many verdicts of them were false, to what is kept of this lab, idle or busy (`when`)."""
    today = dt.datetime.now(dt.UTC).date().isoformat()
    before = of(lab).get(REPEATS, {})
    parts = {name: before[name] for name in (IDLE, BUSY) if before and is_of_now(lab, before) and name in before}
    so_far = parts.get(when, {"runs": 0, "false": 0})
    runs, false = runs + so_far["runs"], false + so_far["false"]
    parts[when] = {"date": today, "repeats": runs // variants, "runs": runs, "false": false}
    every = [sum(part[key] for part in parts.values()) for key in ("false", "runs")]
    bound = round(upper_bound(*every), DIGITS)
    kept = {"of": digest(lab), "date": today, "variants": variants}
    _keep(lab, REPEATS, kept | dict(sorted(parts.items(), reverse=True)) | {"upper_bound": bound})


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
