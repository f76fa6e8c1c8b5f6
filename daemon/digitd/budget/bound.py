"""How often something happens at most, where it was counted: the exact bound of a Poisson process. Pure.

Whoever counts n events and says that their mean is at most `upper(n)`, at which n or fewer have a probability
of 5 %, is wrong in one of twenty cases at most. Nothing counted: 3.0, the rule of three. It is half of the
95 % quantile of chi-square with 2 (n + 1) degrees of freedom (Garwood, 1936); the daemon does without SciPy.
"""

import math
from functools import cache
from typing import Final

CONFIDENCE: Final = 0.95
HALVINGS: Final = 60
"""To within a float's last digits."""

NEGLIGIBLE: Final = 1e-17


@cache
def upper(count: int) -> float:
    """Return the largest mean of which `count` events or fewer are not unlikely."""
    low, high = float(count), count + 5.0 * math.sqrt(count + 1.0) + 5.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _at_most(count, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle
    return high


def allowed(mean: float) -> int:
    """Return the greatest count that shows a mean to be at most so large; -1 where not even 0 does."""
    shows, does_not = -1, math.floor(mean)  # half of the cases are below the mean: that shows nothing
    while does_not - shows > 1:
        middle = (shows + does_not) // 2
        if _at_most(middle, mean) <= 1 - CONFIDENCE:
            shows = middle
        else:
            does_not = middle
    return shows


def _at_most(count: int, mean: float) -> float:
    """Return the probability of so many events or fewer, of which the mean is not below."""
    term, total = math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)), 0.0
    while count >= 0 and term > NEGLIGIBLE * total:
        total += term
        term *= count / mean
        count -= 1
    return total
