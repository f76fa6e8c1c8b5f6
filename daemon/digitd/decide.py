"""Whether an utterance is acted on. Pure: time comes in as positions."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

from digitd.messages import Score, Utterance


@dataclass(frozen=True, slots=True)
class DecisionSettings:
    """When a score is good enough to act on.

    Attributes:
        threshold: Least posterior to act on; 0 takes the model's own, chosen on development data.
        refractory_s: For so long after a keyword the same one is not taken again: an echo.
    """

    threshold: Annotated[float, Meta(ge=0.0, le=0.999)] = 0.0
    refractory_s: Annotated[float, Meta(ge=0.0, le=10.0)] = 0.2


@dataclass(frozen=True, slots=True)
class Bar:
    """What a score has to pass: the settings, with what the model file adds to them.

    Attributes:
        threshold: Least posterior.
        rejected: Labels that stand for "anything else".
        refractory: Samples from the offset of a keyword to the onset of the same one.
    """

    threshold: float
    rejected: frozenset[str]
    refractory: int


@dataclass(frozen=True, slots=True)
class Last:
    """The keyword acted on last.

    Attributes:
        keyword: Which.
        offset: Index of the first sample after it.
    """

    keyword: str
    offset: int


def reason_to_reject(utterance: Utterance, score: Score, bar: Bar, last: Last | None) -> str | None:
    """Say why an utterance is not acted on, or None if it is."""
    if utterance.too_long:
        return "too long"
    if score.label in bar.rejected:
        return "anything else"
    if score.probability < bar.threshold:
        return f"below threshold {bar.threshold:.2f}"
    if last and last.keyword == score.label and utterance.onset - last.offset < bar.refractory:
        return f"again too soon after the last {score.label}"
    return None
