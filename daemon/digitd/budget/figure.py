"""How often there are false accepts, as it is told. Pure.

Schema 1; a field may be added, none changes its meaning without a new schema.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from digitd.budget.bound import CONFIDENCE, upper
from digitd.budget.choice import OWN, PATIENCE, Choice, Count, tolerated
from digitd.budget.takes import Takes

SCHEMA: Final = 1
HOURS_PER_DAY: Final = 24

HARDLY_HEARD_FROM: Final = 0.955
"""Of the same 189 digits the shipped model misses a fifth there, see `levels.TOP`; of fainter ones more."""


class State(StrEnum):
    """What can be said of the budget."""

    NOTHING = "nothing counted yet"
    EARLY = "too early to say"
    KEPT = "kept"
    DEAR = "not kept: it would cost too much"


@dataclass(frozen=True, slots=True)
class Figure:
    """All that is told.

    Attributes:
        per_day: The budget.
        count: What was counted.
        reported: So much of it was said by somebody.
        choice: How strict we are.
        raised: Keyword to its threshold, where it is not the model's own.
        overruled: Keywords whose thresholds somebody has set, so that the budget's do not count.
        takes: What strictness costs.
    """

    per_day: float
    count: Count
    reported: int
    choice: Choice
    raised: Mapping[str, float]
    overruled: Sequence[str]
    takes: Takes

    @property
    def at_most_per_day(self) -> float | None:
        """The bound, for the thresholds in force; None where nothing is known.

        Thresholds that were chosen so that few enough pass are known for that, even if fewer pass.
        """
        held = self.count.held_against(self.choice)
        return self._bound(held if self.choice.is_own else max(held, self._most))

    @property
    def state(self) -> State:
        """What can be said of the budget."""
        most = self.at_most_per_day
        if most is None:
            return State.NOTHING
        if most <= self.per_day:
            return State.KEPT
        return State.DEAR if self.count.accepts(self.choice) > self._most else State.EARLY

    @property
    def hours_missing(self) -> float:
        """How many hours without another one would show that the budget is kept; 0 where that is shown."""
        if self.state is State.KEPT:
            return 0.0
        held = self.count.held_against(self.choice)
        needed_days = upper(held if self.choice.is_own else max(held, PATIENCE)) / self.per_day
        return HOURS_PER_DAY * max(needed_days - self.count.heard_days, 0.0)

    @property
    def hardly_heard(self) -> Sequence[str]:
        """Keywords that the budget has made so strict that even who means them is seldom heard."""
        return [keyword for keyword, threshold in self.raised.items() if threshold > HARDLY_HEARD_FROM]

    def fields(self) -> dict[str, Any]:
        """Return the fields of the topic, in their published order."""
        return {
            "schema": SCHEMA,
            "state": self.state,
            "budget_per_day": self.per_day,
            "at_most_per_day": _rounded(self.at_most_per_day),
            "confidence": CONFIDENCE,
            "hours": round(HOURS_PER_DAY * self.count.heard_days, 1),
            "hours_missing": round(self.hours_missing, 1),
            "counted": self.count.accepts(self.choice),
            "reported": self.reported,
            "model_alone": {
                "counted": self.count.accepts(OWN),
                "at_most_per_day": _rounded(self._bound(self.count.accepts(OWN))),
            },
            "thresholds": {keyword: round(threshold, 4) for keyword, threshold in self.raised.items()},
            "hardly_heard": self.hardly_heard,
            "overruled": self.overruled,
            "cost": self._cost(),
            "text": self.text,
        }

    @property
    def text(self) -> str:
        """The same for people, in one sentence."""
        if self.state is State.NOTHING:
            return "nothing counted yet: say when nobody speaks, or mute"
        counted = self.count.accepts(self.choice)
        hours = f"{counted} in {HOURS_PER_DAY * self.count.heard_days:.0f} h in which nobody spoke"
        price = f", but {', '.join(self.hardly_heard)} hardly heard" if self.hardly_heard else ""
        return f"{hours}: at most {self.at_most_per_day:.2g} a day; {self.state}{price}"

    def _bound(self, held: int) -> float | None:
        return upper(held) / self.count.heard_days if self.count.heard_days else None

    @property
    def _most(self) -> int:
        return tolerated(self.per_day, self.count.heard_days)

    def _cost(self) -> dict[str, int] | None:
        if not self.takes.heard:
            return None
        return {
            "takes": self.takes.heard + self.takes.unheard,
            "missed_by_model_alone": self.takes.unheard,
            "missed_more": self.takes.missed(self.choice.level),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.3g}")
