"""Whether an utterance is acted on. Pure: time comes in as positions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Meta

from digitd.messages import Score, Utterance

Posterior: TypeAlias = Annotated[float, Meta(ge=0.5, le=0.999)]

Span: TypeAlias = Annotated[
    str,
    Meta(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description="spans of the day such as 23:00-06:00",
    ),
]


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """When a score is good enough to act on.

    Attributes:
        threshold: Least posterior to act on, for every keyword; 0 takes the model's own, chosen for each
            keyword on development data.
        refractory_s: For so long after a keyword the same one is not taken again: an echo.
        false_accepts_per_day: So many keywords that nobody said may be acted on in 24 hours; thresholds
            become as strict as that takes. 0: they stay as they are, and nothing is counted.
        nobody_speaks: Spans of the day, local time, in which nobody speaks to us, so that whatever would
            be acted on is a false accept. So it is while we are muted.
        takes: A folder of one's own takes, as `digitd-train record` makes it, to tell how many of them
            stricter thresholds would miss; empty: nobody knows.
    """

    threshold: Annotated[float, Meta(ge=0.0, le=0.999)] = 0.0
    refractory_s: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.2
    false_accepts_per_day: Annotated[float, Meta(ge=0.0, le=100.0)] = 0.0
    nobody_speaks: tuple[Span, ...] = ()
    takes: str = ""


@dataclass(frozen=True, slots=True)
class Orders:
    """What somebody has asked for while the daemon runs; it outlives a restart.

    Attributes:
        muted: Nothing is recognised.
        threshold: Least posterior to act on, for every keyword; None leaves it to configuration and model.
        thresholds: The same for single keywords, which come first.
    """

    muted: bool = False
    threshold: Posterior | None = None
    thresholds: dict[str, Posterior] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bar:
    """What a score has to pass: the settings, with what the model file and later orders add to them.

    Attributes:
        thresholds: Keyword to the least posterior.
        margin: A keyword must be so far ahead of the next likely one.
        rejected: Labels that stand for "anything else".
        refractory: Samples from the offset of a keyword to the onset of the same one.
        part: Least posterior where the utterance is a part of a longer sound; 1: parts are not looked at.
        muted: Nothing is acted on, and nothing even looked at unless a budget counts.
        budgeted: Keyword to the least posterior that is acted on where a budget of false accepts counts what
            passes; None where there is none.
    """

    thresholds: Mapping[str, float]
    margin: float
    rejected: frozenset[str]
    refractory: int
    part: float = 1.0
    muted: bool = False
    budgeted: Mapping[str, float] | None = None

    @property
    def in_force(self) -> Mapping[str, float]:
        """Keyword to the least posterior that is acted on."""
        return self.thresholds if self.budgeted is None else self.budgeted


@dataclass(frozen=True, slots=True)
class Last:
    """The keyword acted on last.

    Attributes:
        keyword: Which.
        offset: Index of the first sample after it.
        in_row: It is one of the digits of a longer sound, which may go on.
    """

    keyword: str
    offset: int
    in_row: bool = False


Scored: TypeAlias = tuple[Utterance, Score]


class Reason(StrEnum):
    """Why an utterance is not acted on."""

    MUTED = "muted"
    TOO_LONG = "too long"
    ELSE = "anything else"
    DOUBTFUL = "below threshold"
    BUDGET = "below the budget's threshold"
    CLOSE = "too close to another keyword"
    AGAIN = "again too soon"
    BROKEN = "not every digit of a row was understood"


def reason_to_reject(utterance: Utterance, score: Score, bar: Bar, last: Last | None) -> Reason | None:
    """Say why an utterance is not acted on, or None if it is."""
    if utterance.too_long:
        return Reason.TOO_LONG
    if score.label in bar.rejected:
        return Reason.ELSE
    if score.probability < _least(utterance, score, bar):
        return Reason.DOUBTFUL
    if score.probability - _next_likely(score, bar) < bar.margin:
        return Reason.CLOSE
    if last and last.keyword == score.label and utterance.onset - last.offset < bar.refractory:
        return Reason.AGAIN
    return None


def reason_to_hold_back(score: Score, bar: Bar) -> Reason | None:
    """Say why what passes is not acted on all the same, or None if it is."""
    return Reason.BUDGET if score.probability < bar.in_force[score.label] else None


def surest_apart(scored: Sequence[Scored]) -> list[Scored]:
    """Of utterances that overlap keep the surest; return those kept in the order that they were spoken."""
    kept: list[Scored] = []
    for utterance, score in sorted(scored, key=lambda one: -one[1].probability):
        if all(apart(utterance, other) for other, _ in kept):
            kept.append((utterance, score))
    return sorted(kept, key=lambda one: one[0].onset)


def apart(one: Utterance, other: Utterance) -> bool:
    """Say whether two utterances have no sample in common."""
    return one.offset <= other.onset or other.offset <= one.onset


def _least(utterance: Utterance, score: Score, bar: Bar) -> float:
    least = bar.thresholds[score.label]
    return max(least, bar.part) if utterance.is_part else least


def _next_likely(score: Score, bar: Bar) -> float:
    """The posterior of the keyword that comes second."""
    others = score.probabilities.keys() - bar.rejected - {score.label}
    return max((score.probabilities[label] for label in others), default=0.0)
