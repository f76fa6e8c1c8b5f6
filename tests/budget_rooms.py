"""Rooms in which a model hears keywords that nobody said, for the simulation of a budget over weeks.

How sure the model is of them differs from room to room and from keyword to keyword, and nothing of it is
known to the code under test: log-odds above the keyword's own threshold are exponential, Weibull with a heavy
tail or log-normal, of random width.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np

from digitd.budget.choice import OWN, Choice, Count, revised
from digitd.budget.figure import Figure
from digitd.budget.levels import ABOVE, STEPS_PER_UNIT, level
from digitd.budget.takes import NO_TAKES
from digitd.messages import Float64

THRESHOLDS = dict(zip("0123456789", (0.6, 0.6, 0.7, 0.75, 0.55, 0.6, 0.55, 0.5, 0.5, 0.5), strict=True))
"""Much like those of the shipped model."""

KEYWORDS = tuple(THRESHOLDS)
LEVELS = {keyword: level(threshold) for keyword, threshold in THRESHOLDS.items()}
TINY = 1e-9

NORMAL = NormalDist()


@dataclass(frozen=True)
class Weibull:
    """With `shape` 1 exponential, with less heavier in the tail."""

    shape: float
    width: float

    def above(self, value: float) -> float:
        return math.exp(-((max(value, 0.0) / self.width) ** self.shape))

    def exceeded_by(self, share: float) -> float:
        return self.width * math.exp(math.log(-math.log(share)) / self.shape)


@dataclass(frozen=True)
class LogNormal:
    """The logarithm is normal."""

    sigma: float
    width: float

    def above(self, value: float) -> float:
        return NORMAL.cdf(-math.log(max(value, 1e-9) / self.width) / self.sigma)

    def exceeded_by(self, share: float) -> float:
        return self.width * math.exp(-self.sigma * NORMAL.inv_cdf(share))


Distribution: TypeAlias = Weibull | LogNormal


@dataclass(frozen=True)
class Room:
    """What a model hears in a room in which nobody speaks to it.

    Attributes:
        per_day: False accepts of each keyword in 24 hours, with its own threshold, shape (keywords,).
        surer: How far their log-odds are above the threshold, for each keyword.
        mean_burst: So many come at once on average, of one keyword; 1: one by one.
    """

    per_day: Float64
    surer: tuple[Distribution, ...]
    mean_burst: float = 1.0

    def rate(self, choice: Choice) -> float:
        """Return how many a day are to be expected in truth."""
        return math.fsum(
            per_day * self._above(keyword, choice.level(keyword, LEVELS[keyword]), surer)
            for per_day, keyword, surer in zip(self.per_day, THRESHOLDS, self.surer, strict=True)
        )

    def hear(self, hours: float, rng: np.random.Generator) -> Iterator[tuple[str, float]]:
        """Give keywords with their posteriors, as they come in some hours."""
        bursts = rng.poisson(self.per_day * hours / 24 / self.mean_burst)
        lengths = rng.geometric(1 / self.mean_burst, bursts.sum())
        for place in np.repeat(np.repeat(np.arange(len(THRESHOLDS)), bursts), lengths):
            keyword = KEYWORDS[place]
            log_odds = _log_odds(keyword) + self.surer[place].exceeded_by(1 - rng.random())
            yield keyword, 1 / (1 + math.exp(-log_odds))

    def _above(self, keyword: str, at: int, surer: Distribution) -> float:
        if at == LEVELS[keyword]:
            return 1.0
        return surer.above(at / STEPS_PER_UNIT - _log_odds(keyword))


def some_room(per_day: float, rng: np.random.Generator, mean_burst: float = 1.0) -> Room:
    """Return a room with so many false accepts a day, on average a few keywords with most of them."""
    share = rng.dirichlet(np.full(len(THRESHOLDS), rng.choice([0.3, 1.0, 100.0])))
    return Room(per_day * share, tuple(_some_distribution(rng) for _ in THRESHOLDS), mean_burst)


def _some_distribution(rng: np.random.Generator) -> Distribution:
    width = rng.uniform(0.4, 2.0)
    kinds = (Weibull(1.0, width), Weibull(0.7, width), LogNormal(0.8, width))
    return kinds[rng.integers(len(kinds))]


@dataclass(frozen=True)
class Night:
    """What is known after a night, and what is true.

    Attributes:
        room: Where.
        figure: What is told.
        acted_on: So many were acted on that night.
    """

    room: Room
    figure: Figure
    acted_on: int

    @property
    def truth_per_day(self) -> float:
        """How many a day are to be expected with the thresholds in force."""
        return self.room.rate(self.figure.choice)

    @property
    def told_the_truth(self) -> bool:
        """Whether the bound holds."""
        most = self.figure.at_most_per_day
        assert most is not None
        return self.truth_per_day <= most + TINY


def nights(room: Room, budget: float, hours: float, rng: np.random.Generator) -> Iterator[Night]:
    """Live in a room, with thresholds that follow a budget."""
    reached = np.zeros((len(THRESHOLDS), ABOVE + 1), dtype=int)
    choice, heard_days = OWN, 0.0
    while True:
        acted_on = 0
        for keyword, posterior in room.hear(hours, rng):
            reached[KEYWORDS.index(keyword), level(posterior)] += 1
            acted_on += level(posterior) >= choice.level(keyword, LEVELS[keyword])
        heard_days += hours / 24
        passed = np.cumsum(reached[:, ::-1], axis=1)[:, ::-1].tolist()
        count = Count(LEVELS, dict(zip(THRESHOLDS, passed, strict=True)), heard_days)
        choice = revised(choice, count, budget, may_relax=True)
        yield Night(room, Figure(budget, count, 0, choice, {}, (), NO_TAKES), acted_on)


def _log_odds(keyword: str) -> float:
    return math.log(THRESHOLDS[keyword] / (1 - THRESHOLDS[keyword]))
