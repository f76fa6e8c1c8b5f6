"""Posteriors as steps of log-odds: from 0.99 to 0.995 is as far as from 0.5 to 0.67. Pure."""

import math
from typing import Final

STEPS_PER_UNIT: Final = 4
"""Of ln(p / (1 - p)): fine enough to be cheap, coarse enough that a room's evidence stays small."""

TOP: Final = 19
"""The strictest level, 0.991: of 189 digits by people the shipped model misses 101 at 0.99, 173 at 0.995."""

ABOVE: Final = TOP + 1
"""The level of what even that lets pass."""


def level(posterior: float) -> int:
    """Return the strictest level that a posterior passes, 0 at least."""
    if posterior >= threshold(ABOVE):
        return ABOVE
    if posterior < threshold(1):
        return 0
    return math.floor(STEPS_PER_UNIT * math.log(posterior / (1 - posterior)))


def threshold(of_level: int) -> float:
    """Return the least posterior that passes a level."""
    return 1 / (1 + math.exp(-of_level / STEPS_PER_UNIT))
