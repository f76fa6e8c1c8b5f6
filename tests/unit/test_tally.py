"""What became of utterances and samples, counted."""

import logging
from datetime import UTC, datetime

import numpy as np
import pytest

from digitd.decide import Reason
from digitd.messages import AudioBlock, Detection, NumberRejection, Rejection, Score, SpokenNumber, Utterance
from digitd.service.tally import TOLD_EVERY_S, Tally

RATE_HZ = 1000


def block(start: int, length: int = 250, captured_at: float = 0.0) -> AudioBlock:
    return AudioBlock(start, np.zeros(length, np.float32), captured_at)


def ignored(reason: Reason) -> Rejection:
    return Rejection(reason, None, Utterance(0, np.empty(0, np.float32), 0, 0, -30.0, -60.0))


def test_a_jump_is_a_gap_and_as_long_as_what_is_missing() -> None:
    tally = Tally(RATE_HZ)

    for start in (0, 250, 1500):
        tally.block(block(start))

    assert (tally.gaps, tally.missing_s) == (1, 1.0)


def test_a_gap_without_a_pause_is_an_overflow() -> None:
    tally = Tally(RATE_HZ)

    for one in (block(0), block(250, length=0), block(1000), block(2000)):
        tally.block(one)

    assert (tally.blocks, tally.gaps, tally.overflows) == (3, 2, 1)


def test_time_without_audio_is_no_gap() -> None:
    tally = Tally(RATE_HZ)

    for one in (block(0), block(250, length=0), block(250)):
        tally.block(one)

    assert tally.gaps == 0


def test_what_was_ignored_is_told_once_an_hour_with_the_reasons(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tally = Tally(RATE_HZ)
    tally.block(block(0))
    for reason in (Reason.ELSE, Reason.ELSE, Reason.TOO_LONG):
        tally.verdict(ignored(reason))

    tally.block(block(250, captured_at=TOLD_EVERY_S))
    tally.block(block(500, captured_at=2 * TOLD_EVERY_S))

    (record,) = caplog.records
    assert record.getMessage() == "ignored utterances=3 reasons='2 anything else, 1 too long'"


def test_counts_go_on_after_they_were_told() -> None:
    tally = Tally(RATE_HZ)

    tally.verdict(ignored(Reason.ELSE))
    tally.tell()
    tally.verdict(ignored(Reason.ELSE))

    assert tally.counters()["ignored"] == {"anything else": 2}


def test_numbers_are_counted_by_form_and_by_why_they_do_not_count() -> None:
    tally = Tally(RATE_HZ)

    for number in (
        SpokenNumber((), "channel", secret=False),
        SpokenNumber((), None, secret=False),
        NumberRejection("to be said again", (), None, secret=False),
    ):
        tally.number(number)

    assert tally.counters()["numbers"] == {"channel": 1, "any": 1}
    assert tally.counters()["numbers_rejected"] == {"to be said again": 1}


def test_a_digit_that_nobody_must_know_is_counted_under_another_name() -> None:
    tally = Tally(RATE_HZ)
    utterance = Utterance(0, np.empty(0, np.float32), 0, 0, -30.0, -60.0)
    noon = datetime(2026, 11, 26, 12, tzinfo=UTC)

    tally.verdict(Detection("7", Score({"7": 1.0}), utterance, noon, noon, 0.0), known_as="*")

    assert tally.counters()["heard"] == {"*": 1}
