"""The daemon in one function: blocks in, detections out; only this and `cli` know the rooms' order."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digitd.decide import Bar, DecisionSettings, Last, reason_to_reject
from digitd.detect.conditioning import HighPass
from digitd.detect.segmenter import WINDOWS_PER_S, Segmenter, SegmenterSettings
from digitd.messages import AudioBlock, Detection, Rejection, Utterance
from digitd.model.bundle import ModelCard
from digitd.model.classifier import Classifier


@dataclass(frozen=True, slots=True)
class Clock:
    """Where times come from; tests bring their own.

    Attributes:
        now: Wall-clock time, UTC, for people and subscribers.
        monotonic: Seconds that no clock jump touches, the scale of `AudioBlock.captured_at`.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic


def bar(settings: DecisionSettings, card: ModelCard) -> Bar:
    """Join what the configuration and the model file say about a decision."""
    return Bar(
        threshold=settings.threshold or card.threshold,
        rejected=frozenset(card.rejected),
        refractory=round(settings.refractory_s * card.features.rate_hz),
    )


def utterances(
    blocks: Iterable[AudioBlock], settings: SegmenterSettings, rate_hz: int
) -> Iterator[tuple[AudioBlock, Utterance]]:
    """Cut utterances out of audio; each comes with the block that completed it.

    Training cuts its examples with this very function.
    """
    high_pass = HighPass(rate_hz, rate_hz // WINDOWS_PER_S)
    segmenter = Segmenter(settings, rate_hz)
    block = None
    for block in blocks:
        for utterance in segmenter.feed(high_pass.feed(block)):
            yield block, utterance
    if block is None:
        return
    for utterance in segmenter.flush():
        yield block, utterance


def recognise(
    blocks: Iterable[AudioBlock],
    segmenter: SegmenterSettings,
    classifier: Classifier,
    bar: Bar,
    clock: Clock | None = None,
) -> Iterator[Detection | Rejection]:
    """Listen to audio at the model's rate; tell each utterance that was acted on or not.

    An empty block says that time passed without audio; it changes nothing.
    """
    clock = clock or Clock()
    rate_hz = classifier.card.features.rate_hz
    last: Last | None = None
    heard = (block for block in blocks if len(block.samples))
    for block, utterance in utterances(heard, segmenter, rate_hz):
        score = classifier.classify(utterance.samples)
        if reason := reason_to_reject(utterance, score, bar, last):
            yield Rejection(reason, score, utterance)
            continue
        last = Last(score.label, utterance.offset)
        age_s = clock.monotonic() - block.captured_at + (block.end - utterance.offset) / rate_hz
        offset_at = clock.now() - timedelta(seconds=age_s)
        length = timedelta(seconds=(utterance.offset - utterance.onset) / rate_hz)
        yield Detection(
            keyword=score.label,
            score=score,
            utterance=utterance,
            onset_at=offset_at - length,
            offset_at=offset_at,
            offset_monotonic=clock.monotonic() - age_s,
        )
