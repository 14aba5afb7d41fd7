"""How are a run's random choices drawn so that its seed repeats them, and nothing drawn gives the seed away?"""

from __future__ import annotations

import hashlib
import random
from typing import Any

SEED_BITS = 64
_FRACTION_BITS = 53


class Chance(random.Random):
    """A generator over SHA-256 in counter mode: what it has given tells nothing of what it will give."""

    def __init__(self, *names: object) -> None:
        """Draw for these names, for example a seed and the number of a customer."""
        self._key = hashlib.sha256("\0".join(map(str, names)).encode()).digest()
        self._drawn = 0
        super().__init__()

    def seed(self, *_: Any, **__: Any) -> None:
        """A generator keeps the names that it was made with."""

    def getrandbits(self, k: int) -> int:
        """An integer of k random bits."""
        blocks = [self._block() for _ in range(-(-k // 256))]
        return int.from_bytes(b"".join(blocks), "big") >> (len(blocks) * 256 - k)

    def random(self) -> float:
        """A number in [0, 1)."""
        return self.getrandbits(_FRACTION_BITS) / (1 << _FRACTION_BITS)

    def _block(self) -> bytes:
        self._drawn += 1
        return hashlib.sha256(self._key + self._drawn.to_bytes(8, "big")).digest()


def fresh_seed() -> int:
    """A seed that nobody can guess or try out."""
    return random.SystemRandom().getrandbits(SEED_BITS)
