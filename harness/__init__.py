"""The engine of Outage Lab: finds labs, runs their drills on real stacks, and judges what was recorded.

What authors of labs import stands here; the rest is the engine's own.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.errors import NotJudgedError
    from harness.judge.recording import Figures, Mark, Picture, Recording
    from harness.run.container import Container
    from harness.run.drill import Run
    from harness.run.instruments import Answer, Http, Postgres

__version__ = "0.2.0"
__all__ = [
    "Answer", "Container", "Figures", "Http", "Mark", "NotJudgedError", "Picture", "Postgres", "Recording", "Run",
]  # fmt: skip

_HOMES = {
    "NotJudgedError": "harness.errors",
    "Figures": "harness.judge.recording",
    "Mark": "harness.judge.recording",
    "Picture": "harness.judge.recording",
    "Recording": "harness.judge.recording",
    "Container": "harness.run.container",
    "Run": "harness.run.drill",
    "Answer": "harness.run.instruments",
    "Http": "harness.run.instruments",
    "Postgres": "harness.run.instruments",
}


def __getattr__(name: str) -> Any:
    """Import it when it is asked for: harness.setup must work before anything is installed."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
