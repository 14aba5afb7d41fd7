"""How is a recording kept in a file?"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from harness.errors import OutageError
from harness.judge.recording import Recording


def load(path: Path) -> Recording:
    """The recording in this file (JSON, or JSON in gzip); OutageError names the file if it cannot be read."""
    try:
        raw = path.read_bytes()
        return Recording(json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw))
    except (OSError, ValueError, EOFError, RecursionError) as problem:
        raise OutageError(f"{path}: cannot be read as a recording: {problem}.") from problem


def save(content: dict[str, Any], path: Path) -> None:
    """Keep a recording's JSON in this file; the same content gives the same bytes in gzip."""
    raw = json.dumps(content, separators=(",", ":"), ensure_ascii=True).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(raw, compresslevel=9, mtime=0) if path.suffix == ".gz" else raw)
