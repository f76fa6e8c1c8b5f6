"""Blocks in, detections out."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from digitd.clock import Clock
from digitd.decide import Bar, DecisionSettings, Orders, Reason
from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import AudioBlock, Detection, Float32, Rejection, Score, Utterance
from digitd.model import SHIPPED
from digitd.model.bundle import read_bundle
from digitd.model.cascade import Cascade
from digitd.pipeline import Moment, bar, own_thresholds, recognise
from digitd.pipeline import verdicts as verdicts_of
from fakes import blocks, room_noise

RATE_HZ = 16_000
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def cascade() -> Cascade:
    return Cascade(read_bundle(SHIPPED))


def burst_from(onset_s: float, offset_s: float) -> Float32:
    """Two seconds of a quiet room with a burst of noise in it."""
    sound = room_noise(2, -70, RATE_HZ)
    sound[round(onset_s * RATE_HZ) : round(offset_s * RATE_HZ)] *= 200
    return sound


def verdicts(cascade: Cascade, heard: Iterator[AudioBlock], bar: Bar) -> list[Detection | Rejection]:
    clock = Clock(now=lambda: NOON, monotonic=lambda: 1000.0)
    return list(verdicts_of(recognise(heard, SegmenterSettings(), cascade, lambda: bar, RATE_HZ, clock)))


def every_keyword_above(threshold: float) -> Bar:
    labels = (*"0123456789", "else")
    return Bar(dict.fromkeys(labels, threshold), margin=0.0, rejected=frozenset(), refractory=0)


def test_an_utterance_gives_one_verdict_at_its_place(cascade: Cascade) -> None:
    (verdict,) = verdicts(cascade, blocks(burst_from(1.0, 1.4), [320] * 100), every_keyword_above(0.0))

    assert verdict.utterance.onset / RATE_HZ == pytest.approx(1.0, abs=0.01)
    assert verdict.utterance.offset / RATE_HZ == pytest.approx(1.4, abs=0.01)


def test_a_rejection_says_why(cascade: Cascade) -> None:
    (verdict,) = verdicts(cascade, blocks(burst_from(1.0, 1.4)), every_keyword_above(1.1))

    assert isinstance(verdict, Rejection)
    assert verdict.reason is Reason.DOUBTFUL


def test_the_time_of_a_word_is_when_it_was_said_not_when_it_was_understood(cascade: Cascade) -> None:
    sound = burst_from(1.0, 1.4)
    late = (
        AudioBlock(at, sound[at : at + 320], captured_at=1000.0 - 0.5) for at in range(0, len(sound), 320)
    )

    (verdict,) = verdicts(cascade, late, every_keyword_above(0.0))

    assert isinstance(verdict, Detection)
    ago = NOON - verdict.offset_at
    assert timedelta(seconds=0.61) < ago < timedelta(seconds=0.66)  # 0.5 s behind, and the hang-over
    assert verdict.offset_monotonic == pytest.approx(1000.0 - ago.total_seconds())
    assert verdict.offset_at - verdict.onset_at == pytest.approx(
        timedelta(seconds=0.4), abs=timedelta(seconds=0.01)
    )


def test_time_without_audio_changes_nothing(cascade: Cascade) -> None:
    sound = burst_from(1.0, 1.4)
    nothing = AudioBlock(0, np.empty(0, np.float32))
    interrupted = (block for heard in blocks(sound, [320] * 100) for block in (nothing, heard))

    (verdict,) = verdicts(cascade, interrupted, every_keyword_above(0.0))

    assert verdict.utterance.onset / RATE_HZ == pytest.approx(1.0, abs=0.01)


class PartsOnly:
    """Takes every part for a seven that begins late enough, and nothing else."""

    def __init__(self, from_s: float) -> None:
        self._from = from_s * RATE_HZ
        self.asked_about_parts = False

    def score(self, utterance: Utterance) -> Score:
        self.asked_about_parts |= utterance.is_part
        seven = 0.9 if utterance.is_part and utterance.onset >= self._from else 0.1
        return Score({"7": seven, "else": 1 - seven})


BAR = Bar({"7": 0.5}, margin=0.0, rejected=frozenset({"else"}), refractory=0, part=0.8)


def word_after_a_fainter_sound() -> Float32:
    """Two seconds of a quiet room with half a second of noise, a valley and a burst ten times as loud."""
    sound = room_noise(2, -70, RATE_HZ)
    sound[round(0.8 * RATE_HZ) : round(1.3 * RATE_HZ)] *= 20
    sound[round(1.35 * RATE_HZ) : round(1.7 * RATE_HZ)] *= 200
    return sound


def heard_by(scorer: PartsOnly, bar: Bar) -> list[Detection | Rejection]:
    heard = blocks(word_after_a_fainter_sound())
    return list(verdicts_of(recognise(heard, SegmenterSettings(), scorer, lambda: bar, RATE_HZ)))


def test_a_keyword_in_a_longer_sound_is_told_of_in_its_place() -> None:
    (verdict,) = heard_by(PartsOnly(1.2), BAR)

    assert isinstance(verdict, Detection)
    assert verdict.keyword == "7"
    assert verdict.utterance.onset / RATE_HZ == pytest.approx(1.35, abs=0.05)
    assert verdict.utterance.offset / RATE_HZ == pytest.approx(1.7, abs=0.05)


class Doubtful:
    """Takes each single burst for a seven, but is not sure of the second."""

    def score(self, utterance: Utterance) -> Score:
        length_s = (utterance.offset - utterance.onset) / RATE_HZ
        second = 1.3 < utterance.onset / RATE_HZ < 1.5
        seven = 0.1 if length_s > 0.45 else 0.6 if second else 0.9
        return Score({"7": seven, "else": 1 - seven})


def test_what_may_be_a_keyword_between_two_parts_is_told_of_too() -> None:
    sound = room_noise(3, -70, RATE_HZ)
    for at_s in (1.0, 1.4, 1.8):
        sound[round(at_s * RATE_HZ) : round((at_s + 0.35) * RATE_HZ)] *= 100
    settings = SegmenterSettings(stands_out_db=-10, connected=False)

    moments = recognise(blocks(sound), settings, Doubtful(), lambda: BAR, RATE_HZ)

    told = [(round(one.utterance.onset / RATE_HZ, 1), type(one)) for one in verdicts_of(moments)]
    assert told == [(1.0, Detection), (1.4, Rejection), (1.8, Detection)]


def test_a_longer_sound_without_a_keyword_is_rejected_as_a_whole() -> None:
    (verdict,) = heard_by(PartsOnly(9.0), BAR)

    assert isinstance(verdict, Rejection)
    assert not verdict.utterance.is_part


def test_a_model_that_is_never_sure_enough_of_parts_is_not_asked_for_them() -> None:
    scorer = PartsOnly(0.0)

    (verdict,) = heard_by(scorer, replace(BAR, part=1.0))

    assert isinstance(verdict, Rejection)
    assert not scorer.asked_about_parts


def test_a_wall_clock_that_jumps_changes_nothing_but_the_times_that_are_printed(cascade: Cascade) -> None:
    sound = np.concatenate([burst_from(1.0, 1.4)] * 3)
    jumps = iter((NOON, NOON - timedelta(days=1), NOON + timedelta(days=365)))

    def told(clock: Clock) -> list[Detection]:
        heard, bar = blocks(sound, [320] * 300), every_keyword_above(0.0)
        moments = recognise(heard, SegmenterSettings(), cascade, lambda: bar, RATE_HZ, clock)
        return [verdict for verdict in verdicts_of(moments) if isinstance(verdict, Detection)]

    steady = told(Clock(now=lambda: NOON, monotonic=lambda: 1000.0))
    jumping = told(Clock(now=lambda: next(jumps), monotonic=lambda: 1000.0))

    assert len(steady) == 3
    assert [(one.keyword, one.utterance.onset, one.offset_monotonic) for one in jumping] == [
        (one.keyword, one.utterance.onset, one.offset_monotonic) for one in steady
    ]
    assert [one.offset_at - NOON for one in jumping] != [one.offset_at - NOON for one in steady]


def test_while_it_is_muted_nothing_is_even_looked_at(cascade: Cascade) -> None:
    (verdict,) = verdicts(
        cascade, blocks(burst_from(1.0, 1.4)), replace(every_keyword_above(0.0), muted=True)
    )

    assert isinstance(verdict, Rejection)
    assert (verdict.reason, verdict.score) == (Reason.MUTED, None)


def test_an_order_comes_before_configuration_and_model(cascade: Cascade) -> None:
    orders = Orders(threshold=0.8, thresholds={"7": 0.95})

    required = bar(DecisionSettings(threshold=0.7), cascade, orders)

    assert (required.thresholds["7"], required.thresholds["1"]) == (0.95, 0.8)


def moments(cascade: Cascade, bar: Bar) -> list[Moment]:
    heard = blocks(burst_from(1.0, 1.4))
    return list(recognise(heard, SegmenterSettings(), cascade, lambda: bar, RATE_HZ))


def test_what_passes_and_a_budget_holds_back_is_counted_and_says_why(cascade: Cascade) -> None:
    strict = replace(every_keyword_above(0.0), budgeted=every_keyword_above(1.1).thresholds)

    heard = moments(cascade, strict)

    (verdict,) = verdicts_of(heard)
    assert isinstance(verdict, Rejection)
    assert verdict.reason is Reason.BUDGET
    assert [score for moment in heard for score in moment.passed] == [verdict.score]


def test_what_does_not_pass_is_not_counted(cascade: Cascade) -> None:
    strict = replace(every_keyword_above(1.1), budgeted=every_keyword_above(1.1).thresholds)

    assert not any(moment.passed for moment in moments(cascade, strict))


def test_while_muted_a_budget_counts_and_nobody_is_told_what(cascade: Cascade) -> None:
    easy = every_keyword_above(0.0)

    heard = moments(cascade, replace(easy, muted=True, budgeted=easy.thresholds))

    (verdict,) = verdicts_of(heard)
    assert isinstance(verdict, Rejection)
    assert (verdict.reason, verdict.score) == (Reason.MUTED, None)
    assert sum(len(moment.passed) for moment in heard) == 1


def test_while_muted_nothing_is_even_looked_at_without_a_budget() -> None:
    easy = replace(every_keyword_above(0.0), muted=True)

    heard = list(
        recognise(blocks(burst_from(1.0, 1.4)), SegmenterSettings(), Nobody(), lambda: easy, RATE_HZ)
    )

    assert not any(moment.passed for moment in heard)


class Nobody:
    """Who must not be asked."""

    def score(self, utterance: Utterance) -> Score:
        raise AssertionError(utterance)


def test_with_a_budget_all_that_the_model_lets_pass_is_counted_and_orders_come_first(
    cascade: Cascade,
) -> None:
    own = own_thresholds(DecisionSettings(), cascade)
    orders = Orders(thresholds={"7": 0.5, "1": 0.99})

    joined = bar(DecisionSettings(), cascade, orders, dict.fromkeys(own, 0.9))

    assert joined.in_force == {**dict.fromkeys(own, 0.9), "7": 0.5, "1": 0.99}
    assert joined.thresholds == {**own, "7": min(0.5, own["7"])}


def test_without_one_what_is_in_force_is_all_there_is(cascade: Cascade) -> None:
    joined = bar(DecisionSettings(), cascade, Orders(threshold=0.9))

    assert joined.in_force == joined.thresholds == dict.fromkeys("0123456789", 0.9)
