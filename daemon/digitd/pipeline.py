"""The daemon in one function: blocks in, detections out; only this and `cli` know the rooms' order."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from time import perf_counter

import numpy as np

from digitd.audio.files import array_blocks, file_blocks
from digitd.clock import SYSTEM, Clock
from digitd.decide import Bar, DecisionSettings, Last, Orders, Reason, reason_to_hold_back
from digitd.detect.conditioning import HighPass
from digitd.detect.rules import level_dbfs
from digitd.detect.segmenter import WINDOWS_PER_S, Segmenter, SegmenterSettings
from digitd.judge import Scorer, judged
from digitd.messages import AudioBlock, Detection, Float32, Rejection, Score, Song, Utterance
from digitd.model import CANARY
from digitd.model.cascade import Cascade
from digitd.numbers import Grouper, Number

NO_ORDERS = Orders()


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds an array
class Heard:
    """A block of audio, and what the detector made of it.

    Attributes:
        block: As the source gave it.
        conditioned: What the detector saw next, shape (n,): whole windows only, so a little more or less.
        onset_dbfs: A window louder than this could have been a beginning when the block came.
        floor_dbfs: How loud the room was by then when nobody spoke.
        utterances: Those that the block completed, most often none.
        settled: Whatever is still to come begins at this sample or later.
        took_s: How long the detector took for it, seconds.
        level_dbfs: Mean magnitude of what the detector saw last, decibels below full scale; None where it has
            seen nothing yet.
    """

    block: AudioBlock
    conditioned: Float32
    onset_dbfs: float
    floor_dbfs: float
    utterances: Sequence[Utterance]
    settled: float
    took_s: float = 0.0
    level_dbfs: float | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """A block of audio, and what came of it.

    Attributes:
        heard: What the detector made of it.
        verdicts: Of each utterance that it completed, whether it is acted on.
        numbers: Those that are over by now, where digits are put together to numbers.
        passed: What is counted where there is a budget of false accepts: the scores of all that passed,
            acted on or held back, or not acted on as we are muted.
    """

    heard: Heard
    verdicts: Sequence[Detection | Rejection]
    numbers: Sequence[Number] = ()
    passed: Sequence[Score] = ()


def own_thresholds(settings: DecisionSettings, cascade: Cascade) -> dict[str, float]:
    """Return the least posterior of each keyword as configuration or model file have it."""
    return {
        keyword: settings.threshold or cascade.point.thresholds[keyword] for keyword in cascade.card.keywords
    }


def bar(
    settings: DecisionSettings,
    cascade: Cascade,
    orders: Orders = NO_ORDERS,
    budgeted: Mapping[str, float] | None = None,
) -> Bar:
    """Join what configuration, model file, orders and a budget say about a decision; orders come first.

    With a budget whatever passes the configuration's or model's thresholds is let through to be counted, and
    only then held to what is in force: else the count would depend on what comes of it.
    """
    card, point = cascade.card, cascade.point
    own = own_thresholds(settings, cascade)
    in_force = {
        keyword: orders.thresholds.get(keyword) or orders.threshold or theirs
        for keyword, theirs in (own if budgeted is None else budgeted).items()
    }
    counted = in_force if budgeted is None else {name: min(own[name], in_force[name]) for name in own}
    return Bar(
        thresholds=counted,
        margin=point.margin,
        rejected=frozenset(card.rejected),
        refractory=round(settings.refractory_s * card.features.rate_hz),
        part=point.part,
        muted=orders.muted,
        budgeted=None if budgeted is None else in_force,
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
    """Tell of each block what the detector makes of it; an empty one tells what the end completes.

    An empty block among the others says that time passed without audio; it changes nothing.
    """
    high_pass = HighPass(rate_hz, rate_hz // WINDOWS_PER_S)
    segmenter = Segmenter(settings, rate_hz)
    last = None
    level: float | None = None
    for block in blocks:
        if not len(block.samples):
            yield Heard(block, block.samples, *_levels(segmenter), (), segmenter.settled, level_dbfs=level)
            continue
        last = block
        began_s = perf_counter()
        conditioned = high_pass.feed(block)
        levels, found = _levels(segmenter), segmenter.feed(conditioned)
        took_s = perf_counter() - began_s
        if len(conditioned.samples):
            level = level_dbfs(float(np.abs(conditioned.samples).mean()))
        yield Heard(block, conditioned.samples, *levels, found, segmenter.settled, took_s, level)
    if last is None:
        return
    end = AudioBlock(last.end, last.samples[:0], last.captured_at)
    yield Heard(end, end.samples, *_levels(segmenter), segmenter.flush(), math.inf, level_dbfs=level)


def _levels(segmenter: Segmenter) -> tuple[float, float]:
    """Return what opens an utterance and what the room has, before a block changes them."""
    return segmenter.onset_dbfs, segmenter.floor_dbfs


def recognise(  # noqa: PLR0913, PLR0917 - a room each
    blocks: Iterable[AudioBlock],
    segmenter: SegmenterSettings,
    scorer: Scorer,
    bar: Callable[[], Bar],
    rate_hz: int,
    clock: Clock = SYSTEM,
) -> Iterator[Moment]:
    """Listen to audio; tell of each block what came of it.

    What a sound is told of as, a whole, digits in a row or parts, is for `judge` to say.

    Args:
        blocks: Audio at `rate_hz`.
        segmenter: What an utterance is.
        scorer: Who names it.
        bar: Tells what its score has to pass, as things are now.
        rate_hz: The rate that the scorer takes.
        clock: Where times come from.
    """
    last: Last | None = None
    for heard in detected(blocks, segmenter, rate_hz):
        told: list[Detection | Rejection] = []
        passed: list[Score] = []
        for utterance in heard.utterances:
            required = bar()
            if required.muted:
                told.append(Rejection(Reason.MUTED, None, utterance))
            for one in judged(utterance, scorer, required, last, rate_hz):
                if isinstance(one, Rejection):
                    told += [] if required.muted else [one]
                    continue
                spoken, score = one
                last = Last(score.label, spoken.offset, spoken.in_row)
                passed.append(score)
                if required.muted:
                    continue
                if held_back := reason_to_hold_back(score, required):
                    told.append(Rejection(held_back, score, spoken))
                    continue
                told.append(_detection(spoken, score, heard.block, rate_hz, clock))
        yield Moment(heard, told, passed=passed)


def numbered(moments: Iterable[Moment], grouper: Grouper, *, midway: bool = False) -> Iterator[Moment]:
    """Add to each moment the numbers that are over by then.

    Args:
        moments: Of one source.
        grouper: Puts digits together.
        midway: Somebody else listened to the source before, and may have heard the beginning of a number.
    """
    end: int | None = None
    for moment in moments:
        block = moment.heard.block
        if len(block.samples):
            if midway if end is None else block.start != end:
                grouper.lose(block.start)
            end = block.end
        numbers = [number for verdict in moment.verdicts for number in grouper.hear(verdict)]
        yield replace(moment, numbers=numbers + grouper.settle(moment.heard.settled))


def verdicts(moments: Iterable[Moment]) -> Iterator[Detection | Rejection]:
    """Tell each utterance that was acted on or not, for those who do not ask about the time between."""
    for moment in moments:
        yield from moment.verdicts


@cache
def canary_song(rate_hz: int) -> Float32:
    """Return the stored digit amid its quiet room, shape (n,), read once and not to be changed."""
    song = np.concatenate([block.samples for block in file_blocks(CANARY, rate_hz)])
    song.setflags(write=False)
    return song


def sing(song: Float32, cascade: Cascade) -> Song | None:
    """Play the stored digit to the whole pipeline, every setting at its default.

    Settings are left out of it: the canary tells whether the machinery works, whatever it is set to.

    Returns:
        What came of it; None where it is not one utterance.
    """
    verdicts_on_it = heard_in(song, cascade)
    if len(verdicts_on_it) != 1 or (score := verdicts_on_it[0].score) is None:
        return None
    return Song(score.label, score.probability, isinstance(verdicts_on_it[0], Detection))


def heard_in(samples: Float32, cascade: Cascade) -> list[Detection | Rejection]:
    """Play a recording, shape (n,), at the model's rate, to a pipeline with every setting's default."""
    decision, rate_hz = bar(DecisionSettings(), cascade), cascade.card.features.rate_hz
    blocks = array_blocks(samples)
    return list(verdicts(recognise(blocks, SegmenterSettings(), cascade, lambda: decision, rate_hz)))


def _detection(
    utterance: Utterance, score: Score, completed_by: AudioBlock, rate_hz: int, clock: Clock
) -> Detection:
    """Say when it was spoken, on both clocks."""
    age_s = clock.monotonic() - completed_by.captured_at + (completed_by.end - utterance.offset) / rate_hz
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
