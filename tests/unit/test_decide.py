"""Whether an utterance is acted on."""

from dataclasses import replace

import numpy as np
import pytest

from digitd.decide import Bar, Last, Reason, reason_to_reject, surest_apart
from digitd.messages import Score, Utterance

BAR = Bar({"3": 0.6, "7": 0.8}, margin=0.1, rejected=frozenset({"else"}), refractory=3200)
UTTERANCE = Utterance(16_000, np.zeros(0, np.float32), 16_000, 24_000, -30.0, -60.0)


def seven(probability: float) -> Score:
    return Score({"7": probability, "else": 1 - probability})


def test_a_confident_keyword_is_acted_on() -> None:
    assert reason_to_reject(UTTERANCE, seven(0.9), BAR, None) is None


def test_a_doubtful_keyword_is_not() -> None:
    assert reason_to_reject(UTTERANCE, seven(0.7), BAR, None) is Reason.DOUBTFUL


def test_each_keyword_has_a_threshold_of_its_own() -> None:
    assert reason_to_reject(UTTERANCE, Score({"3": 0.7, "else": 0.3}), BAR, None) is None


def test_a_keyword_that_another_comes_close_to_is_not() -> None:
    torn = Score({"3": 0.46, "7": 0.54, "else": 0.0})

    assert reason_to_reject(UTTERANCE, torn, replace(BAR, thresholds={"7": 0.5}), None) is Reason.CLOSE


def test_everything_else_may_come_close() -> None:
    torn = Score({"3": 0.0, "7": 0.52, "else": 0.48})

    assert reason_to_reject(UTTERANCE, torn, replace(BAR, thresholds={"7": 0.5}), None) is None


def test_anything_else_is_not_however_confident() -> None:
    assert reason_to_reject(UTTERANCE, seven(0.01), BAR, None) is Reason.ELSE


def test_what_went_on_too_long_is_not() -> None:
    assert reason_to_reject(replace(UTTERANCE, too_long=True), seven(0.9), BAR, None) is Reason.TOO_LONG


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (Last("7", 15_000), Reason.AGAIN),
        (Last("7", 12_000), None),
        (Last("3", 15_000), None),
    ],
    ids=["its own echo", "said again", "another keyword"],
)
def test_only_an_echo_is_held_back(last: Last, reason: Reason | None) -> None:
    assert reason_to_reject(UTTERANCE, seven(0.9), BAR, last) is reason


def test_a_part_of_a_longer_sound_has_to_be_surer() -> None:
    part, bar = replace(UTTERANCE, is_part=True), replace(BAR, part=0.95)

    assert reason_to_reject(part, seven(0.94), bar, None) is Reason.DOUBTFUL
    assert reason_to_reject(part, seven(0.96), bar, None) is None


def test_a_part_has_to_pass_its_keywords_threshold_too() -> None:
    part, bar = replace(UTTERANCE, is_part=True), replace(BAR, part=0.5)

    assert reason_to_reject(part, seven(0.7), bar, None) is Reason.DOUBTFUL


def test_of_parts_that_overlap_the_surest_is_kept() -> None:
    def from_to(onset: int, offset: int, probability: float) -> tuple[Utterance, Score]:
        return replace(UTTERANCE, onset=onset, offset=offset), seven(probability)

    later, doubtful, surer = from_to(900, 1500, 0.9), from_to(0, 700, 0.91), from_to(100, 800, 0.99)

    assert surest_apart([later, doubtful, surer]) == [surer, later]
