"""The daemon in one function: blocks in, detections out; only this and `cli` know the rooms' order."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np

from digitd.decide import Bar, DecisionSettings, Last, Reason, Scored, reason_to_reject, surest_apart
from digitd.detect.conditioning import HighPass
from digitd.detect.parts import part
from digitd.detect.rules import SILENCE_DBFS, level_dbfs
from digitd.detect.segmenter import WINDOWS_PER_S, Segmenter, SegmenterSettings
from digitd.messages import AudioBlock, Detection, Float32, Rejection, Score, Utterance
from digitd.model.cascade import Cascade


@dataclass(frozen=True, slots=True)
class Clock:
    """Where times come from; tests bring their own.

    Attributes:
        now: Wall-clock time, UTC, for people and subscribers.
        monotonic: Seconds that no clock jump touches, the scale of `AudioBlock.captured_at`.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds an array
class Heard:
    """A block of audio, and what the detector made of it.

    Attributes:
        block: As the source gave it.
        conditioned: What the detector saw next, shape (n,): whole windows only, so a little more or less.
        onset_dbfs: A window louder than this could have been a beginning when the block came.
        utterances: Those that the block completed, most often none.
    """

    block: AudioBlock
    conditioned: Float32
    onset_dbfs: float
    utterances: Sequence[Utterance]

    @property
    def level_dbfs(self) -> float:
        """Mean magnitude of what the detector saw, decibels below full scale."""
        return level_dbfs(float(np.abs(self.conditioned).mean())) if len(self.conditioned) else SILENCE_DBFS


class Scorer(Protocol):
    """Whoever can name an utterance: the model, and in training what it is compared with."""

    def score(self, utterance: Utterance) -> Score:
        """Return the posteriors of an utterance."""


def bar(settings: DecisionSettings, cascade: Cascade) -> Bar:
    """Join what the configuration and the model file say about a decision."""
    card, point = cascade.card, cascade.point
    keywords = [label for label in card.labels if label not in card.rejected]
    return Bar(
        thresholds={label: settings.threshold or point.thresholds[label] for label in keywords},
        margin=point.margin,
        rejected=frozenset(card.rejected),
        refractory=round(settings.refractory_s * card.features.rate_hz),
        part=point.part,
    )


def utterances(
    blocks: Iterable[AudioBlock], settings: SegmenterSettings, rate_hz: int
) -> Iterator[tuple[AudioBlock, Utterance]]:
    """Cut utterances out of audio; each comes with the block that completed it.

    Training cuts its examples with this very function.
    """
    for heard in detected(blocks, settings, rate_hz):
        for utterance in heard.utterances:
            yield heard.block, utterance


def detected(blocks: Iterable[AudioBlock], settings: SegmenterSettings, rate_hz: int) -> Iterator[Heard]:
    """Tell of each block what the detector makes of it; an empty one tells what the end completes."""
    high_pass = HighPass(rate_hz, rate_hz // WINDOWS_PER_S)
    segmenter = Segmenter(settings, rate_hz)
    block = None
    for block in blocks:
        conditioned = high_pass.feed(block)
        yield Heard(block, conditioned.samples, segmenter.onset_dbfs, segmenter.feed(conditioned))
    if block is None:
        return
    end = AudioBlock(block.end, block.samples[:0], block.captured_at)
    yield Heard(end, end.samples, segmenter.onset_dbfs, segmenter.flush())


def recognise(  # noqa: PLR0913, PLR0917 - a room each
    blocks: Iterable[AudioBlock],
    segmenter: SegmenterSettings,
    scorer: Scorer,
    bar: Bar,
    rate_hz: int,
    clock: Clock = Clock(),
) -> Iterator[Detection | Rejection]:
    """Listen to audio; tell each utterance that was acted on or not.

    Where a long sound as a whole is no keyword, its parts are asked about; those that are acted on are told
    of in its place. An empty block says that time passed without audio; it changes nothing.

    Args:
        blocks: Audio at `rate_hz`.
        segmenter: What an utterance is.
        scorer: Who names it.
        bar: What its score has to pass.
        rate_hz: The rate that the scorer takes.
        clock: Where times come from.
    """
    last: Last | None = None
    heard = (block for block in blocks if len(block.samples))
    for block, utterance in utterances(heard, segmenter, rate_hz):
        score = scorer.score(utterance)
        reason = reason_to_reject(utterance, score, bar, last)
        acted_on = [(utterance, score)]
        if reason:
            ask = reason is not Reason.AGAIN and bar.part < 1
            acted_on = _parts(utterance, scorer, bar, last, rate_hz) if ask else []
        if reason and not acted_on:
            yield Rejection(reason, score, utterance)
        for one, its_score in acted_on:
            last = Last(its_score.label, one.offset)
            yield _detection(one, its_score, block, clock, rate_hz)


def _parts(whole: Utterance, scorer: Scorer, bar: Bar, last: Last | None, rate_hz: int) -> list[Scored]:
    """Return the parts of an utterance that are to be acted on, with their scores."""
    parts = (part(whole, onset, offset, rate_hz) for onset, offset in whole.parts)
    scored = [(one, scorer.score(one)) for one in parts if not last or one.onset >= last.offset]
    return surest_apart([one for one in scored if not reason_to_reject(*one, bar, last)])


def _detection(
    utterance: Utterance, score: Score, block: AudioBlock, clock: Clock, rate_hz: int
) -> Detection:
    """Make a detection of what the block completed."""
    age_s = clock.monotonic() - block.captured_at + (block.end - utterance.offset) / rate_hz
    offset_at = clock.now() - timedelta(seconds=age_s)
    length = timedelta(seconds=(utterance.offset - utterance.onset) / rate_hz)
    return Detection(
        keyword=score.label,
        score=score,
        utterance=utterance,
        onset_at=offset_at - length,
        offset_at=offset_at,
        offset_monotonic=clock.monotonic() - age_s,
    )
