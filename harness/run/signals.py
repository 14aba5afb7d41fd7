"""When may an interrupt end what is being done, and when does it have to wait?"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Clean-up that a second Ctrl-C does not stop half-way."""
    before = [signal.signal(number, signal.SIG_IGN) for number in ENDINGS]
    try:
        yield
    finally:
        for number, handler in zip(ENDINGS, before, strict=True):
            signal.signal(number, handler)


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """A few calls that belong together: an interrupt in here comes when they are over."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
