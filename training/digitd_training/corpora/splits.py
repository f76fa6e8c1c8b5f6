"""Who is held out of training to measure on: by speaker, never by file. Pure."""

import hashlib
from collections.abc import Iterable

DEV_SHARE = 0.15

LEAST = 5
"""Of fewer nobody is held out: a household's own model should know everybody in it."""


def held_out(names: Iterable[str]) -> frozenset[str]:
    """Choose by a hash of the name, so that next time, with more of them, the same are chosen.

    Args:
        names: Of speakers, or of what else should not be torn apart; empty ones do not count.

    Returns:
        About `DEV_SHARE` of them, at least one and at most every second; of few none.
    """
    order = sorted({name for name in names if name}, key=_place)
    if len(order) < LEAST:
        return frozenset()
    below = sum(_place(name) < DEV_SHARE for name in order)
    return frozenset(order[: min(max(below, 1), len(order) // 2)])


def _place(name: str) -> float:
    """Anywhere from 0 to 1, the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64
