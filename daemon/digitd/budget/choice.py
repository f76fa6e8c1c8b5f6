"""Thresholds that keep a budget of false accepts, from what was counted while nobody spoke. Pure.

Assumed is that false accepts of a keyword come as a Poisson process while nobody speaks, the fewer the
stricter its threshold. Looked for are the thresholds that cost least of those that keep the budget: the exact
upper bound of what was counted (see `bound`) has to be within it.

The same counts choose the thresholds and say that they are good enough, and whoever looks at enough of them
finds some that were lucky: a bound would be too rosy. So only these are looked at:

- All keywords stricter by the same number of steps. To be fooled there, one has to be fooled by the strictest
  step that is not good enough, which happens with a probability of 5 %, however many steps there are
  (fixed-sequence testing; Angelopoulos et al., Learn then Test, 2021).
- Beside that, single keywords whose threshold is above all that was heard of them. What is to be expected
  above that is, whatever the distribution, on average one event (Wilks, 1941); which of ten keywords it is
  was chosen, too, which counts for another 2.3, the logarithm of ten. So each is held against us as three.

No theorem covers both at once, day after day, with what was lucky kept for longer. How often the bound holds
then, over distributions of which the code knows nothing, is simulated in `test_budget_over_weeks.py`.

The bound says nothing of hours that are not declared: quiet nights prove nothing of evenings with a
television. So no threshold becomes lower than the model's own, or the configuration's. And where false
accepts come in bursts, it is wrong more often than it says: in a quarter of rooms where three come at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final, Self

from digitd.budget.bound import allowed
from digitd.budget.evidence import Evidence
from digitd.budget.levels import ABOVE, TOP, level, threshold
from digitd.budget.takes import NO_TAKES, Takes

STRICTEST: Final = 12
"""So many steps for all keywords together, from 0.6 to 0.97, where 50 digits of `levels.TOP` are missed."""

PATIENCE: Final = 1
"""So many false accepts are no reason to act, however short the time: one tells nothing of a rate."""

SINGLED_OUT: Final = 3
"""So many events more is a keyword taken for that has a threshold of its own kind."""


@dataclass(frozen=True, slots=True)
class Choice:
    """How strict to be.

    Attributes:
        steps: So many levels stricter than its own is every keyword.
        singled_out: Keyword to its level, where that alone is stricter still.
    """

    steps: int = 0
    singled_out: dict[str, int] = field(default_factory=dict)

    @property
    def is_own(self) -> bool:
        """Whether all thresholds are the model's own."""
        return not self.steps and not self.singled_out

    def level(self, keyword: str, own: int) -> int:
        """Return a keyword's level, of which its own is given."""
        return max(own, min(own + self.steps, TOP), self.singled_out.get(keyword, 0))

    def thresholds(self, own: Mapping[str, float]) -> dict[str, float]:
        """Return the thresholds of all keywords, of which their own are given."""
        return {
            keyword: max(theirs, threshold(self.level(keyword, level(theirs))))
            for keyword, theirs in own.items()
        }


OWN: Final = Choice()
"""The model's own thresholds."""


@dataclass(frozen=True, slots=True)
class Count:
    """What would have been acted on, at each level.

    Attributes:
        own: Keyword to the level of its own threshold.
        passed: Keyword to how often each level was reached or more, shape (ABOVE + 1,).
        heard_days: In so much time.
    """

    own: Mapping[str, int]
    passed: Mapping[str, Sequence[int]]
    heard_days: float

    @classmethod
    def of(cls, evidence: Evidence) -> Self:
        """Add up what was counted."""
        passed = {}
        for keyword, counts in evidence.counts().items():
            falling = accumulate(counts[at] for at in range(ABOVE, -1, -1))
            passed[keyword] = tuple(falling)[::-1]
        return cls(
            {keyword: level(own) for keyword, own in evidence.own.items()}, passed, evidence.heard_days
        )

    def accepts(self, choice: Choice) -> int:
        """Return how often any keyword would have been acted on."""
        return sum(self._of(keyword, choice) for keyword in self.own)

    def held_against(self, choice: Choice) -> int:
        """Return for how many that is taken, as the choice was made from the same counts."""
        return self.accepts(choice) + SINGLED_OUT * len(choice.singled_out)

    def excess(self, choice: Choice, most: int) -> tuple[int, int]:
        """Return how many more than `most` there were, and then how many more are held against us."""
        accepts = self.accepts(choice)
        held_against = accepts + SINGLED_OUT * len(choice.singled_out)
        return max(accepts - most, 0), max(held_against - most, 0)

    def strictness(self, choice: Choice) -> int:
        """Return by how many levels in all a choice is stricter than the model's own thresholds."""
        return sum(choice.level(keyword, own) - own for keyword, own in self.own.items())

    def without_worst(self, choice: Choice, least_gain: int) -> Choice | None:
        """Single out the keyword that gains most by it; None where none gains so much."""
        gains = {
            keyword: self._of(keyword, choice) - self.passed[keyword][ABOVE]
            for keyword in self.own.keys() - choice.singled_out.keys()
        }
        worst = max(sorted(gains), key=gains.__getitem__, default=None)
        if worst is None or gains[worst] < least_gain:
            return None
        return Choice(choice.steps, {**choice.singled_out, worst: self._above_all(worst)})

    def _of(self, keyword: str, choice: Choice) -> int:
        return self.passed[keyword][choice.level(keyword, self.own[keyword])]

    def _above_all(self, keyword: str) -> int:
        """The least level that nothing of a keyword has reached, but for what reaches every level."""
        passed = self.passed[keyword]
        return min(passed.index(passed[ABOVE]), TOP)


def tolerated(per_day: float, heard_days: float) -> int:
    """Return how many false accepts are no reason to become stricter."""
    return max(PATIENCE, allowed(per_day * heard_days))


def revised(
    choice: Choice, count: Count, per_day: float, takes: Takes = NO_TAKES, *, may_relax: bool = False
) -> Choice:
    """Return the choice to go on with.

    It stays as it is for as long as nothing keeps the budget better. It becomes less strict only where there
    is room for one more false accept, so that it does not go up and down.

    Args:
        choice: In force.
        count: What was counted.
        per_day: The budget.
        takes: What strictness costs.
        may_relax: Whether it is time for thresholds to become lower.
    """
    most = tolerated(per_day, count.heard_days)
    if any(count.excess(choice, most)):
        stricter = _cheapest(count, most, takes)
        return stricter if count.excess(stricter, most) < count.excess(choice, most) else choice
    if not may_relax or choice.is_own:
        return choice
    easier = _cheapest(count, most - 1, takes)
    is_proven = not any(count.excess(easier, most - 1))
    return easier if is_proven and _cost(easier, count, takes) < _cost(choice, count, takes) else choice


def _cheapest(count: Count, most: int, takes: Takes) -> Choice:
    """Return what costs least of what keeps within so many; what comes closest where nothing does."""
    together = [choice for choice in map(Choice, range(STRICTEST + 1)) if takes.afford(choice.level)]
    proven = [_singling_out(choice, count, most, takes, SINGLED_OUT + 1) for choice in together]
    fitting = [choice for choice in proven if not any(count.excess(choice, most))]
    choices = fitting or [*proven, *(_singling_out(choice, count, most, takes, 1) for choice in together)]
    return min(choices, key=lambda choice: (count.excess(choice, most), _cost(choice, count, takes)))


def _singling_out(choice: Choice, count: Count, most: int, takes: Takes, least_gain: int) -> Choice:
    """Single out keywords until there are few enough, or none is left that is worth it."""
    while any(count.excess(choice, most)):
        stricter = count.without_worst(choice, least_gain)
        if stricter is None or not takes.afford(stricter.level):
            break
        choice = stricter
    return choice


def _cost(choice: Choice, count: Count, takes: Takes) -> tuple[int, int]:
    return takes.missed(choice.level), count.strictness(choice)
