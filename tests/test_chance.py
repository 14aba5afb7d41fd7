"""Does a seed repeat a run's random choices, and does nothing that was drawn give the next ones away?"""

from __future__ import annotations

import random

from harness.chance import SEED_BITS, Chance, fresh_seed


def drawn(*names: object) -> list[object]:
    """Some choices of every kind."""
    chance = Chance(*names)
    numbers = [chance.random() for _ in range(50)]
    return [*numbers, chance.randint(1, 10**12), chance.sample(range(1000), 20), chance.choices("abc", k=9)]


def test_a_seed_repeats_the_choices() -> None:
    """The same lab and seed give the same choices, another lab, seed or customer gives others."""
    assert drawn("cache-stampede", 7) == drawn("cache-stampede", 7)
    assert drawn("cache-stampede", 7) != drawn("cache-stampede", 8)
    assert drawn("cache-stampede", 7) != drawn("queue-lag", 7)
    assert drawn("a", "bc") != drawn("ab", "c")


def test_numbers_are_spread_evenly() -> None:
    """Fractions lie in [0, 1) with a mean of a half, and bits are as wide as asked for."""
    chance = Chance("spread")
    numbers = [chance.random() for _ in range(4000)]

    assert 0 <= min(numbers) < 0.01
    assert 0.99 < max(numbers) < 1
    assert 0.47 < sum(numbers) / len(numbers) < 0.53
    assert max(chance.getrandbits(300).bit_length() for _ in range(50)) in range(290, 301)
    assert {chance.getrandbits(1) for _ in range(50)} == {0, 1}


def _unshifted(number: int, shift: int, mask: int = 0xFFFFFFFF) -> int:
    """What was there before `x ^= (x shifted by this) & mask`; a negative shift is one to the left."""
    found = number
    for _ in range(32):
        found = number ^ ((found >> shift if shift > 0 else found << -shift) & mask)
    return found & 0xFFFFFFFF


def _state(number: int) -> int:
    """The Twister's state behind a number that it gave."""
    number = _unshifted(number, 18)
    number = _unshifted(number, -15, 0xEFC60000)
    number = _unshifted(number, -7, 0x9D2C5680)
    return _unshifted(number, 11)


def foreseen(source: random.Random) -> bool:
    """Whether the next numbers can be told from the 624 before them, as a Mersenne Twister's can."""
    twister = random.Random()
    twister.setstate((3, (*(_state(source.getrandbits(32)) for _ in range(624)), 624), None))
    return [twister.getrandbits(32) for _ in range(9)] == [source.getrandbits(32) for _ in range(9)]


def test_what_was_drawn_tells_nothing_of_what_comes() -> None:
    """Python's own generator is known after 624 numbers; this one is not."""
    assert foreseen(random.Random(7))
    assert not foreseen(Chance("cache-stampede", 7))


def test_a_fresh_seed_cannot_be_tried_out() -> None:
    """Seeds have 64 bits: a table of all of them fits nowhere."""
    seeds = {fresh_seed() for _ in range(200)}

    assert len(seeds) == 200
    assert SEED_BITS >= 64
    assert max(seeds).bit_length() >= 60
