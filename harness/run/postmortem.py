"""Why does a service not start, said so that the student can mend it?"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path

from harness.run import engine
from harness.run.container import Container
from harness.errors import NotJudgedError, StudentCodeError
from harness.lab.manifest import Lab

FRAME = re.compile(r'File "(?P<file>/[^"]+)", line (?P<line>\d+)')
COMPLAINTS = (
    re.compile(r"""(?P<file>/[^\s:"'\[\]]+(?<!\.py))(?:["']?,?\s+line\s+|:)(?P<line>\d+)\b"""),
    re.compile(r"(?P<file>/[^\s:]+\.toml): .*\(at line (?P<line>\d+)"),
    re.compile(r"SettingsError: (?P<file>/[^\s:]+\.toml)(?P<line>): "),
)
"""How nginx, HAProxy, PostgreSQL and name servers, and how tomllib and servicekit say where a file is wrong."""
ERROR = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt|Timeout|Warning)\b.*", re.MULTILINE)
INNERMOST_FIRST = "most recent call first"
"""Of faulthandler, which tells where code stands that does not come to an end."""
LAST_LINES = 14
DOES_NOT_LOAD = "The service does not load"
"""What servicekit logs instead of ending where edits are served live."""


@dataclass(frozen=True)
class Scene:
    """What a look at a dead or silent service needs to know of its run."""

    run_id: str
    files: Path
    """The folder that the editable files are mounted from."""
    lab: Lab

    def of_exit(self, service: str) -> NotJudgedError:
        """The service's main process has ended before it ever answered."""
        container = Container(self.run_id, service)
        return self._explained(f"{service} ended with exit code {container.exit_code()} before it answered", container)

    def of_silence(self, services: list[str], seconds: float) -> NotJudgedError:
        """Services that run but have not answered in time; the first whose log names the student's file explains."""
        head = f"{', '.join(services)} did not answer within {seconds:.0f} s"
        reasons = [self._explained(head, Container(self.run_id, service)) for service in services]
        guilty = [reason for reason in reasons if isinstance(reason, StudentCodeError)]
        return (guilty or reasons)[0]

    def require_loaded(self, services: list[str]) -> None:
        """StudentCodeError if one of them, serving edits live, tells that its code does not load."""
        for service in services:
            container = Container(self.run_id, service)
            if DOES_NOT_LOAD in container.logs(lines=200):
                raise self._explained(f"{service} does not load", container)

    def _explained(self, head: str, container: Container) -> NotJudgedError:
        text = container.logs(lines=200)
        place = where(text, self._mounts(container.service), self.lab)
        tail = "\n".join(text.strip().splitlines()[-LAST_LINES:])
        kind = StudentCodeError if place else NotJudgedError
        return kind(f"{head}{'; ' if place else ''}{place}\nLast lines of {container.service}:\n{tail}")

    def _mounts(self, service: str) -> dict[str, str]:
        """Folder inside the container to folder relative to the lab, for what is mounted from the student's files."""
        found = engine.containers(outage_run=self.run_id, **{engine.LABEL_SERVICE: service})
        sources = {mount["Destination"]: mount.get("Source", "") for mount in found[0]["Mounts"]}
        files = str(self.files)
        return {
            inside: outside[outside.index(files) + len(files) :].strip("/")
            for inside, outside in sources.items()
            if files in outside
        }


def where(text: str, mounts: dict[str, str], lab: Lab) -> str:
    """`labs/…/app.py line 12: NameError: …`: where in the student's files the fault is that a log names; else empty.

    Of a server's complaints about its configuration the first counts, of a traceback the innermost frame.
    """
    for complaint in itertools.chain.from_iterable(kind.finditer(text) for kind in COMPLAINTS):
        if name := _of_student(complaint["file"], mounts):
            line = f" line {complaint['line']}" if complaint["line"] else ""
            return f"labs/{lab.folder.name}/{name}{line}: {_line_around(text, complaint.start())}"
    frames = [(_of_student(frame["file"], mounts), frame["line"]) for frame in FRAME.finditer(text)]
    places = [f"labs/{lab.folder.name}/{name} line {line}" for name, line in frames if name]
    errors = ERROR.findall(text)
    innermost = places[:1] if INNERMOST_FIRST in text else places[-1:]
    return ": ".join([*innermost, *(error.strip() for error in errors[-1:] if places)])


def _of_student(file: str, mounts: dict[str, str]) -> str:
    """The path relative to the lab's folder of a file that a container knows by another name; empty for others."""
    for inside, outside in mounts.items():
        if file == inside or file.startswith(inside + "/"):
            return (outside + file[len(inside) :]).strip("/")
    return ""


def _line_around(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0].strip()
