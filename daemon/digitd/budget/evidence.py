"""What was counted while nobody spoke: hours, and how sure the model was of what it would act on. Pure.

Nothing else is kept: no audio, no time of day, no order.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Annotated, Final

from msgspec import Meta

from digitd.budget.levels import level

KEPT_DAYS: Final = 90
"""Rooms change; and what is kept stays small."""

SECONDS_PER_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Day:
    """What was counted on one day.

    Attributes:
        heard_s: For so long the daemon really listened and nobody spoke to it, by the stream's samples.
        accepts: Keyword to level to how often the model's own thresholds would have let it pass then.
        reported: Keyword to level to how often somebody said of a keyword that it was none, at other times.
    """

    heard_s: Annotated[float, Meta(ge=0)] = 0.0
    accepts: dict[str, dict[int, int]] = field(default_factory=dict)
    reported: dict[str, dict[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was counted lately.

    Attributes:
        heard_by: By which model, and how; what another one counted says nothing.
        own: Keyword to the threshold from which on it was counted.
        days: What was counted on each.
    """

    heard_by: str
    own: dict[str, float]
    days: dict[date, Day] = field(default_factory=dict)

    @property
    def heard_days(self) -> float:
        """For how long in all, days of 24 hours."""
        return sum(day.heard_s for day in self.days.values()) / SECONDS_PER_DAY

    @property
    def reported(self) -> int:
        """How often somebody said that it was none."""
        return sum(sum(levels.values()) for day in self.days.values() for levels in day.reported.values())

    def counts(self) -> dict[str, Counter[int]]:
        """Return for each keyword how often each level was reached, reports included."""
        counts = {keyword: Counter[int]() for keyword in self.own}
        for day in self.days.values():
            for counted in (day.accepts, day.reported):
                for keyword, levels in counted.items():
                    counts[keyword].update(levels)
        return counts

    def heard(self, on: date, seconds: float) -> "Evidence":
        """Return it with so much more time."""
        day = self.days.get(on, Day())
        return self._with(on, replace(day, heard_s=day.heard_s + seconds))

    def accepted(self, on: date, keyword: str, posterior: float) -> "Evidence":
        """Return it with a keyword that would have been acted on."""
        day = self.days.get(on, Day())
        return self._with(on, replace(day, accepts=_one_more(day.accepts, keyword, posterior)))

    def denied(self, on: date, keyword: str, posterior: float) -> "Evidence":
        """Return it with a keyword that somebody said was none."""
        day = self.days.get(on, Day())
        return self._with(on, replace(day, reported=_one_more(day.reported, keyword, posterior)))

    def still_says_something(self, heard_by: str, own: Mapping[str, float]) -> bool:
        """Say whether it holds for these thresholds: what passes less than was counted from is not known."""
        return (
            self.heard_by == heard_by
            and self.own.keys() == own.keys()
            and all(own[keyword] >= counted_from for keyword, counted_from in self.own.items())
        )

    def _with(self, on: date, day: Day) -> "Evidence":
        oldest = on - timedelta(days=KEPT_DAYS - 1)
        kept = {other: theirs for other, theirs in self.days.items() if other >= oldest}
        return replace(self, days={**kept, on: day})


def _one_more(counts: dict[str, dict[int, int]], keyword: str, posterior: float) -> dict[str, dict[int, int]]:
    reached, levels = level(posterior), counts.get(keyword, {})
    return {**counts, keyword: {**levels, reached: levels.get(reached, 0) + 1}}
