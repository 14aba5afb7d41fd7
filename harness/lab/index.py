"""What do the generated tables of labs say: labs/README.md, and the one in README.md?"""

from __future__ import annotations

from pathlib import Path

from harness import paths
from harness.lab import catalogue
from harness.lab.manifest import Lab

BEGIN, END = "<!-- labs: begin (make index) -->", "<!-- labs: end -->"
HEAD = "| # | lab | what breaks | level | min |\n|---|---|---|---|---|\n"
PAGE = """# The labs

Each is a folder with a story, a stack that carries its mistake, a drill, and checks. Begin with any: level 1 is
gentlest.
This page is generated from the labs' `lab.toml` by `make index`.

{table}
"""


def table(labs: list[Lab], prefix: str) -> str:
    """The labs as a Markdown table; links begin with this prefix."""
    return HEAD + "\n".join(_row(lab, prefix) for lab in labs)


def _row(lab: Lab, prefix: str) -> str:
    link = f"[{lab.slug}]({prefix}{lab.folder.name}/README.md)"
    return f"| {lab.number:02} | {link} | {lab.summary} | {lab.level} | {lab.minutes} |"


def pages() -> dict[Path, str]:
    """The files that carry a table, and what they should say now."""
    labs = catalogue.labs()
    readme = paths.ROOT / "README.md"
    before, _, rest = readme.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    return {
        paths.labs_root() / "README.md": PAGE.format(table=table(labs, "")),
        readme: f"{before}{BEGIN}\n{table(labs, 'labs/')}\n{END}{after}",
    }


def stale() -> list[Path]:
    """The files that say something else than they should."""
    return [path for path, text in pages().items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def write() -> list[Path]:
    """Bring them up to date; those that changed."""
    changed = stale()
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return changed
