"""What the model costs in bytes and milliseconds, and what its rounding to int8 costs."""

import timeit
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import Detection, Float32, Score
from digitd.model.bundle import Bundle
from digitd_training.evaluation.hearing import Heard, Recogniser, Verdict
from digitd_training.scenes import cut_utterances

REPEATS = 7


@dataclass(frozen=True, slots=True)
class Costs:
    """Sizes and times; a time is the quickest of several: what the machine can do when nothing else wants it.

    Attributes:
        network_bytes: Stage one.
        head_bytes: Stage two's head, without the speech embedding; 0 where there is none.
        detector_ms: To cut a second of audio into utterances.
        utterance_s: How long the utterance is that recognisers were timed with.
        utterance_ms: Recogniser to the time that it takes for that utterance.
    """

    network_bytes: int
    head_bytes: int
    detector_ms: float
    utterance_s: float
    utterance_ms: dict[str, float]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How two recognisers differ on the same utterances.

    Attributes:
        utterances: How many.
        same_label: Of how many both find the same label likeliest.
        same_decision: Of how many both publish the same, or nothing.
        greatest_difference: Of two posteriors of a label.
    """

    utterances: int
    same_label: int
    same_decision: int
    greatest_difference: float


def costs(bundle: Bundle, recognisers: Sequence[Recogniser], sound: Float32) -> Costs:
    """Measure on this machine.

    Args:
        bundle: The model file.
        recognisers: Whom to time.
        sound: With something spoken in it, shape (n,); its longest utterance is what they are timed with.
    """
    rate_hz = bundle.card.features.rate_hz
    utterance = max(cut_utterances(sound, SegmenterSettings(), rate_hz), key=lambda one: len(one.samples))
    cutting_ms = quickest_ms(lambda: cut_utterances(sound, SegmenterSettings(), rate_hz))
    return Costs(
        len(bundle.network),
        len(bundle.head),
        cutting_ms / (len(sound) / rate_hz),
        (utterance.offset - utterance.onset) / rate_hz,
        {one.name: quickest_ms(partial(one.scorer.score, utterance)) for one in recognisers},
    )


def quickest_ms(call: Callable[[], object]) -> float:
    """The shortest of some runs."""
    return min(timeit.repeat(call, number=1, repeat=REPEATS)) * 1000


def agreement(ones: Sequence[Heard], others: Sequence[Heard]) -> Agreement:
    """Compare what two recognisers made of the same clips."""
    pairs = [
        (mine, theirs)
        for one, other in zip(ones, others, strict=True)
        for mine, theirs in zip(one.verdicts, other.verdicts, strict=True)
    ]
    scores = [(mine.score, theirs.score) for mine, theirs in pairs if mine.score and theirs.score]
    return Agreement(
        len(pairs),
        sum(mine.label == theirs.label for mine, theirs in scores),
        sum(_published(mine) == _published(theirs) for mine, theirs in pairs),
        max((_difference(mine, theirs) for mine, theirs in scores), default=0.0),
    )


def _published(verdict: Verdict) -> str | None:
    return verdict.keyword if isinstance(verdict, Detection) else None


def _difference(mine: Score, theirs: Score) -> float:
    return max(
        abs(posterior - theirs.probabilities[label]) for label, posterior in mine.probabilities.items()
    )
