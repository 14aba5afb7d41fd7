"""What do the generated tables say: of labs (labs/README.md, README.md), and of each lab's decoys (its DEBRIEF)?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness import paths
from harness.errors import ManifestError
from harness.lab import catalogue, measured, variants
from harness.lab.manifest import Lab

BEGIN, END = "<!-- labs: begin (make index) -->", "<!-- labs: end -->"
DECOYS_BEGIN, DECOYS_END = "<!-- decoys: begin (make index) -->", "<!-- decoys: end -->"
DECOYS_HEAD = "| decoy | what it looks like | caught by | because |\n|---|---|---|---|\n"
HEAD = "| # | lab | what breaks | level | min |\n|---|---|---|---|---|\n"
PAGE = """# The labs

Each is a folder with a story, a stack that carries its mistake, a drill, and checks. Begin with any: level 1 is
gentlest.
This page is generated from the labs' `lab.toml` and `solution/proof.json` by `make index`.

{table}

## How well the checks tell right from wrong

A *decoy* is a plausible wrong fix; each has to be BROKEN on the check that is named for it. A *mutant* is a right fix
with one small change, drawn by chance; of those that change something, the checks have to kill as many as they can.
A *false verdict* is one that a variant must not get: each was run again and again, on an idle machine and on a busy
one. By those runs the rate of false verdicts is at most the last figure, with 95 % confidence. A dash stands for what
was not measured yet, a star for runs of an earlier version of the lab.

{proof}
"""
PROOF_HEAD = "| # | lab | decoys | mutants killed | false verdicts |\n|---|---|---|---|---|\n"
UNMEASURED = "–"


def table(labs: list[Lab], prefix: str) -> str:
    """The labs as a Markdown table; links begin with this prefix."""
    return HEAD + "\n".join(_row(lab, prefix) for lab in labs)


def _row(lab: Lab, prefix: str) -> str:
    link = f"[{lab.slug}]({prefix}{lab.folder.name}/README.md)"
    return f"| {lab.number:02} | {link} | {lab.summary} | {lab.level} | {lab.minutes} |"


def proof_table(labs: list[Lab]) -> str:
    """How well each lab's checks were seen to tell right from wrong, as a Markdown table."""
    return PROOF_HEAD + "\n".join(map(_proof_row, labs))


def _proof_row(lab: Lab) -> str:
    found = measured.of(lab)
    decoys = sum(variant.kind == "decoy" for variant in variants.of(lab))
    killed, false = _killed(found.get(measured.MUTANTS)), _false(lab, found.get(measured.REPEATS))
    return f"| {lab.number:02} | {lab.slug} | {decoys} | {killed} | {false} |"


def _killed(said: dict[str, Any] | None) -> str:
    """`33 of 36 (91.7 %), 2026-11-26`."""
    if said is None or not said["counted"]:
        return UNMEASURED
    return f"{said['killed']} of {said['counted']} ({100 * said['score']:.1f} %), {said['date']}"


def _false(lab: Lab, said: dict[str, Any] | None) -> str:
    """`0 in 440 runs (10 idle, 10 busy of each variant): at most 0.7 %`; marked where the lab has changed since."""
    if said is None:
        return UNMEASURED
    parts = {when: said[when] for when in (measured.IDLE, measured.BUSY) if when in said}
    false, runs = (sum(part[key] for part in parts.values()) for key in ("false", "runs"))
    repeats = ", ".join(f"{part['repeats']} {when}" for when, part in parts.items())
    mark = "" if measured.is_of_now(lab, said) else " *"
    return f"{false} in {runs} runs ({repeats} of each variant): at most {100 * said['upper_bound']:.2g} %{mark}"


def pages() -> dict[Path, str]:
    """The files that carry a table, and what they should say now."""
    labs = catalogue.labs()
    readme = paths.ROOT / "README.md"
    debriefs = {lab.debrief: debrief(lab) for lab in labs}
    return debriefs | {
        paths.labs_root() / "README.md": PAGE.format(table=table(labs, ""), proof=proof_table(labs)),
        readme: _between(readme, BEGIN, table(labs, "labs/"), END),
    }


def debrief(lab: Lab) -> str:
    """The lab's debrief with the table of its decoys as it should be now."""
    return _between(lab.debrief, DECOYS_BEGIN, decoys(lab), DECOYS_END)


def decoys(lab: Lab) -> str:
    """The lab's wrong fixes as a Markdown table, from the headers of their patches."""
    found = [variants.decoy(lab, variant.short) for variant in variants.of(lab) if variant.kind == "decoy"]
    rows = [f"| `{one.name}` | {one.looks_like} | `{one.caught_by}` | {one.because} |" for one in found]
    return DECOYS_HEAD + "\n".join(rows)


def _between(path: Path, begin: str, content: str, end: str) -> str:
    """The file's text with this content between its two marks; ManifestError where a mark is missing."""
    text = path.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ManifestError(f"{path}: needs the lines {begin} and {end}, with the generated table between them.")
    return f"{before}{begin}\n{content}\n{end}{after}"


def stale() -> list[Path]:
    """The files that say something else than they should."""
    return [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def write() -> list[Path]:
    """Bring them up to date; those that changed."""
    changed = stale()
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return changed
