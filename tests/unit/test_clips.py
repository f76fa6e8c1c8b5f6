"""Which utterances are kept, and how they are cut out of the stream."""

from collections.abc import Iterable

import numpy as np
import pytest

from digitd.clips.cutter import LEAD_S, TAIL_S, Cutter
from digitd.clips.settings import ClipSettings, is_wanted
from digitd.messages import AudioBlock, Detection, Rejection, Score, Utterance
from monitor_fakes import NOON

RATE_HZ = 1000
KEYWORDS = ("4", "7")
DOUBTFUL = ClipSettings(enabled=True, only_doubtful=True)


def utterance(onset: int, offset: int) -> Utterance:
    return Utterance(onset, np.empty(0, np.float32), onset, offset, -20.0, -60.0)


def spoken(confidence: float) -> Detection:
    score = Score({"7": confidence, "4": 0.0, "else": 1 - confidence})
    return Detection("7", score, utterance(0, 1), NOON, NOON, 0.0)


def ignored(seven: float | None) -> Rejection:
    score = None if seven is None else Score({"7": seven, "4": 0.01, "else": 0.99 - seven})
    return Rejection("anything else", score, utterance(0, 1))


def cutter(blocks: Iterable[AudioBlock]) -> Cutter:
    made = Cutter(RATE_HZ)
    for block in blocks:
        made.feed(block)
    return made


def ramp(start: int, end: int) -> AudioBlock:
    """Samples that say where they are."""
    return AudioBlock(start, np.arange(start, end, dtype=np.float32))


def test_all_that_the_model_was_asked_about_is_kept() -> None:
    verdicts = (spoken(0.99), ignored(0.0), ignored(None))

    assert [is_wanted(one, ClipSettings(enabled=True), KEYWORDS) for one in verdicts] == [True, True, False]


@pytest.mark.parametrize(
    ("verdict", "doubtful"),
    [
        (spoken(0.99), False),
        (spoken(0.89), True),
        (ignored(0.19), False),
        (ignored(0.21), True),
        (ignored(None), False),
    ],
)
def test_only_what_may_have_been_a_mistake_is_doubtful(
    verdict: Detection | Rejection, *, doubtful: bool
) -> None:
    assert is_wanted(verdict, DOUBTFUL, KEYWORDS) == doubtful


@pytest.mark.parametrize("block", [7, 100, 3000])
def test_an_utterance_is_cut_out_with_what_is_around_it_however_the_audio_comes(block: int) -> None:
    ready = cutter(ramp(start, min(start + block, 3000)) for start in range(0, 3000, block))

    cut = ready.cut(utterance(1500, 1900), until=3000)

    assert cut is not None
    start, samples = cut
    assert start == 1500 - LEAD_S * RATE_HZ
    assert samples.tolist() == list(range(start, round(1900 + TAIL_S * RATE_HZ)))


def test_what_was_said_before_and_after_is_left_out() -> None:
    ready = cutter([ramp(0, 3000)])

    before = ready.cut(utterance(1000, 1300), until=1500)
    after = ready.cut(utterance(1500, 1900), until=3000)

    assert before is not None
    assert after is not None
    assert before[1].tolist() == list(range(500, 1500))
    assert after[1].tolist() == list(range(1300, 2300))


def test_half_a_word_is_not_kept() -> None:
    lost = cutter([ramp(0, 1200), ramp(1600, 3000)])
    let_go = cutter([ramp(0, 3000)])
    let_go.forget(3000)
    let_go.feed(ramp(3000, 3500))

    assert lost.cut(utterance(1000, 1700), until=3000) is None
    assert let_go.cut(utterance(2900, 3200), until=3500) is None
    assert let_go.cut(utterance(3100, 3200), until=3500) is not None


def test_no_more_is_held_than_an_utterance_may_reach() -> None:
    ready = Cutter(RATE_HZ)
    for start in range(0, 100_000, 100):
        ready.feed(ramp(start, start + 100))
        ready.settle(start)

    assert ready.cut(utterance(97_500, 97_900), until=100_000) is not None
    assert ready.cut(utterance(90_000, 97_900), until=100_000) is None
