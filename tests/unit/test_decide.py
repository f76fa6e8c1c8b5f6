"""Whether an utterance is acted on."""

from dataclasses import replace

import numpy as np
import pytest

from digitd.decide import Bar, Last, reason_to_reject
from digitd.messages import Score, Utterance

BAR = Bar(threshold=0.8, rejected=frozenset({"else"}), refractory=3200)
UTTERANCE = Utterance(16_000, np.zeros(0, np.float32), 16_000, 24_000, -30.0, -60.0)


def seven(probability: float) -> Score:
    return Score({"7": probability, "else": 1 - probability})


def test_a_confident_keyword_is_acted_on() -> None:
    assert reason_to_reject(UTTERANCE, seven(0.9), BAR, None) is None


def test_a_doubtful_keyword_is_not() -> None:
    assert reason_to_reject(UTTERANCE, seven(0.7), BAR, None) == "below threshold 0.80"


def test_anything_else_is_not_however_confident() -> None:
    assert reason_to_reject(UTTERANCE, seven(0.01), BAR, None) == "anything else"


def test_what_went_on_too_long_is_not() -> None:
    assert reason_to_reject(replace(UTTERANCE, too_long=True), seven(0.9), BAR, None) == "too long"


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (Last("7", 15_000), "again too soon after the last 7"),
        (Last("7", 12_000), None),
        (Last("3", 15_000), None),
    ],
    ids=["its own echo", "said again", "another keyword"],
)
def test_only_an_echo_is_held_back(last: Last, reason: str | None) -> None:
    assert reason_to_reject(UTTERANCE, seven(0.9), BAR, last) == reason
