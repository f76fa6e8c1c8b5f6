"""What stricter thresholds cost: how many of the user's own takes would not be heard any more. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from digitd.budget.levels import level

MOST_MISSED: Final = 0.2
"""Of takes that are heard with the model's own thresholds: a budget that costs more is not kept, and told."""

MOST_MISSED_OF_ONE: Final = 0.5
"""Of those of one keyword: none shall be as good as gone."""

Level: TypeAlias = Callable[[str, int], int]
"""From a keyword and its own level to the one in force."""


@dataclass(frozen=True, slots=True)
class Takes:
    """Takes that are heard as what they are with the model's own thresholds.

    Attributes:
        own: Keyword to the level of its own threshold.
        levels: Keyword to the level that each of its takes reaches.
        unheard: So many others are not heard even so.
    """

    own: Mapping[str, int] = field(default_factory=dict)
    levels: Mapping[str, Sequence[int]] = field(default_factory=dict)
    unheard: int = 0

    @property
    def heard(self) -> int:
        """How many there are."""
        return sum(map(len, self.levels.values()))

    def missed(self, at: Level) -> int:
        """Return how many would be missed."""
        return sum(self._missed_of(keyword, at) for keyword in self.levels)

    def afford(self, at: Level) -> bool:
        """Say whether so many may be missed; where there are no takes nobody knows."""
        return self.missed(at) <= MOST_MISSED * self.heard and all(
            self._missed_of(keyword, at) <= MOST_MISSED_OF_ONE * len(levels)
            for keyword, levels in self.levels.items()
        )

    def _missed_of(self, keyword: str, at: Level) -> int:
        least = at(keyword, self.own[keyword])
        return sum(reached < least for reached in self.levels[keyword])


NO_TAKES: Final = Takes()


def takes_heard(own: Mapping[str, float], heard: Sequence[tuple[str, float | None]]) -> Takes:
    """Sort takes.

    Args:
        own: Keyword to its own threshold.
        heard: Of each take its keyword and the posterior that it is acted on with; None where it is not.
    """
    levels: dict[str, list[int]] = {}
    for keyword, posterior in heard:
        if posterior is not None:
            levels.setdefault(keyword, []).append(level(posterior))
    unheard = sum(posterior is None for _, posterior in heard)
    return Takes({keyword: level(theirs) for keyword, theirs in own.items()}, levels, unheard)
