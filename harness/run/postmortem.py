"""Why does a service not start, said so that the student can repair it?"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import paths, text
from harness.errors import NotStartedError, StudentCodeError
from harness.lab.manifest import Lab
from harness.run import complaints, engine, readiness
from harness.run.container import Container

NAME = r"""(?<![^\s"'\[(:])(?P<file>/[^\s:"'\[\](]++"""
COMPLAINTS = (
    re.compile(NAME + r"""(?<!\.py))(?:["']?,?[ \t]+line[ \t]+|:)(?P<line>\d+)\b"""),
    re.compile(NAME + r"(?<=\.toml)): [^\n]{0,300}?\(at line (?P<line>\d+)"),
    re.compile(r"SettingsError: (?P<file>/[^\s:]++(?<=\.toml))(?P<line>): "),
)
"""How nginx, HAProxy, PostgreSQL, psql and name servers, and how tomllib and servicekit say where a file is wrong.

A file's name begins after a space, a quote, a bracket or a colon and is never given back, so that the time is linear.
"""
INNERMOST_FIRST = "most recent call first"
"""Of faulthandler, which tells where code stands that does not come to an end."""
LAST_LINES = 14
LOOK_LINES, LINE_CHARACTERS = 200, 4096
DOES_NOT_LOAD = "The service does not load"
"""What servicekit logs instead of ending where edits are served live."""


@dataclass(frozen=True)
class Scene:
    """What a look at a dead or silent service needs to know of its run."""

    run_id: str
    files: Path
    """The folder that the editable files are mounted from."""
    lab: Lab

    def of_exit(self, service: str) -> NotStartedError:
        """The service's main process has ended before the stack was ready."""
        container = Container(self.run_id, service)
        code = container.exit_code()
        return self._explained(f"{service} ended with exit code {code} before the stack was ready", container)

    def of_silence(self, services: list[str], seconds: float) -> NotStartedError:
        """Services that run but have not answered in time; the first whose log names the student's file explains."""
        head = f"{', '.join(services)} did not answer within {seconds:.0f} s"
        reasons = [self._explained(head + self._complaint(name), Container(self.run_id, name)) for name in services]
        guilty = [reason for reason in reasons if isinstance(reason, StudentCodeError)]
        return (guilty or reasons)[0]

    def require_loaded(self, services: list[str]) -> None:
        """StudentCodeError if one of them, serving edits live, tells that its code does not load."""
        for service in services:
            container = Container(self.run_id, service)
            if DOES_NOT_LOAD in container.logs(LOOK_LINES):
                raise self._explained(f"{service} does not load", container)

    def _complaint(self, service: str) -> str:
        """What is wrong with what a web service answers."""
        [found] = engine.containers(outage_run=self.run_id, **{engine.LABEL_SERVICE: service})
        if not found["Labels"].get(engine.LABEL_READY, "").startswith("http:"):
            return ""
        return f": {service} {readiness.complaint(found, '') or 'answers now'}"

    def _explained(self, head: str, container: Container) -> NotStartedError:
        printed = unfolded(container.logs(LOOK_LINES))
        place = where(printed, self._mounts(container.service), paths.shown(self.lab.work))
        kind = StudentCodeError if place else NotStartedError
        tail = text.excerpt(printed, LAST_LINES)
        return kind(f"{head}{'; ' if place else ''}{place}\nLast lines of {container.service}:\n{tail}")

    def _mounts(self, service: str) -> dict[str, str]:
        """Folder inside the container to folder among the student's files, for what is mounted from these."""
        found = engine.containers(outage_run=self.run_id, **{engine.LABEL_SERVICE: service})
        sources = {mount["Destination"]: mount.get("Source", "") for mount in found[0]["Mounts"]}
        files = str(self.files)
        return {
            inside: outside[outside.index(files) + len(files) :].strip("/")
            for inside, outside in sources.items()
            if files in outside
        }


def unfolded(printed: str) -> str:
    """The end of a log, no line of it too long, and a traceback in a line of JSON as the lines that it has."""
    lines = printed.rstrip().rsplit("\n", LOOK_LINES)[-LOOK_LINES:]
    parts = [part[:LINE_CHARACTERS] for line in lines for part in _unfolded(line)]
    return "\n".join(parts[-2 * LOOK_LINES :])


def _unfolded(line: str) -> Iterator[str]:
    record = complaints.record(line)
    if isinstance(record.get("traceback"), str):
        yield str(record.get("message", ""))
        yield from record["traceback"].split("\n")
    else:
        yield line


def where(printed: str, mounts: dict[str, str], files: str) -> str:
    """`work/…/app.py line 12: NameError: …`: where in the student's files the fault is that a log names; else empty.

    Of a server's complaints about its configuration the first counts, of a traceback the innermost frame. `files`:
    what the folder of the student's files is called.
    """
    for line in printed.split("\n"):
        for complaint in itertools.chain.from_iterable(kind.finditer(line) for kind in COMPLAINTS):
            if name := _of_student(complaint["file"], mounts):
                number = f" line {complaint['line']}" if complaint["line"] else ""
                return f"{files}/{name}{number}: {text.printable(line.strip(), LINE_CHARACTERS)}"
    return _of_traceback(printed, mounts, files)


def _of_traceback(printed: str, mounts: dict[str, str], files: str) -> str:
    frames = [(_of_student(frame["file"], mounts), frame["line"]) for frame in complaints.FRAME.finditer(printed)]
    places = [f"{files}/{text.printable(name)} line {line}" for name, line in frames if name]
    innermost = places[:1] if INNERMOST_FIRST in printed else places[-1:]
    errors = list(complaints.raised(printed.split("\n")))
    return ": ".join([*innermost, *(text.printable(error, LINE_CHARACTERS) for error in errors[-1:] if places)])


def _of_student(file: str, mounts: dict[str, str]) -> str:
    """The path among the student's files of a file that a container knows by another name; empty for others."""
    for inside, outside in mounts.items():
        if file == inside or file.startswith(inside + "/"):
            return (outside + file[len(inside) :]).strip("/")
    return ""
