"""Whole numbers in the report: which are played, and what became of them."""

from datetime import UTC, datetime

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.decide import Reason
from digitd.messages import Detection, Rejection, Score, Utterance
from digitd_training.data import ELSE, Clip
from digitd_training.evaluation.hearing import Heard, Verdict
from digitd_training.evaluation.numbers import LENGTHS, PLAYED, counted, number_clips

pytestmark = pytest.mark.training

RATE_HZ = 1000
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def clip(label: str, speaker: str = "an4-fash", source: str = "an4", kind: str = "word") -> Clip:
    return Clip(np.full(400, 0.1, np.float32), label, speaker, source, f"{source}/{label}", kind)


def verdicts(sketch: str) -> tuple[Verdict, ...]:
    """Draw what was heard: 0.4 s a character, a digit, '?', what was perhaps one, or '.', a pause."""
    found: list[Verdict] = []
    for place, mark in enumerate(sketch):
        utterance = Utterance(0, np.empty(0, np.float32), place * 400, (place + 1) * 400, -30.0, -60.0)
        if mark == "?":
            found.append(Rejection(Reason.DOUBTFUL, Score({"3": 0.4, ELSE: 0.6}), utterance))
        elif mark != ".":
            found.append(Detection(mark, Score({mark: 0.9, ELSE: 0.1}), utterance, NOON, NOON, 0.0))
    return tuple(found)


def heard(said: str, sketch: str) -> Heard:
    return Heard(clip(said, kind="number"), verdicts(sketch), 3.0)


@pytest.mark.parametrize(
    ("sketch", "outcome"),
    [
        ("1.2.3", "right"),
        ("1.2.7", "wrong"),
        ("1.2", "wrong"),
        ("1.2...3", "wrong"),
        ("1.?.3", "rejected"),
        ("1...?.3", "wrong"),
        ("?.?.?", "missed"),
        ("", "missed"),
    ],
)
def test_a_number_has_one_of_four_outcomes(sketch: str, outcome: str) -> None:
    (row,) = counted([heard("123", sketch)], RATE_HZ)

    assert {name: getattr(row, name) for name in ("right", "wrong", "rejected", "missed")} == {
        name: int(name == outcome) for name in ("right", "wrong", "rejected", "missed")
    }


def test_numbers_are_counted_by_length() -> None:
    rows = counted([heard("123", "1.2.3"), heard("1234", "1.2.3.4"), heard("1235", "1.2.3.?")], RATE_HZ)

    assert [(row.length, row.played, row.right) for row in rows] == [(3, 1, 1), (4, 2, 1)]


def test_numbers_are_made_of_the_digits_of_one_speaker_with_pauses_between() -> None:
    spoken = [clip(label, speaker) for speaker in ("an4-fash", "an4-mmaf") for label in "01234"]

    made = number_clips(spoken, RATE_HZ)

    assert len(made) == PLAYED * len(LENGTHS)
    assert {one.speaker for one in made} == {"an4-fash", "an4-mmaf"}
    assert {len(one.label) for one in made} == set(LENGTHS)
    assert all(
        0.25 <= (len(one.samples) / 400 - len(one.label)) * 0.4 / (len(one.label) - 1) <= 0.5 for one in made
    )


@pytest.mark.parametrize(
    "passed_over",
    [
        [clip(label) for label in "0123"],
        [clip(label, source="speech-commands") for label in "01234"],
        [clip(label) for label in ("yes", "no", "go", "stop", "up")],
        [clip(label, kind="fragment") for label in "01234"],
    ],
    ids=["too few digits", "not trimmed", "no digits", "no words"],
)
def test_of_other_clips_no_numbers_are_made(passed_over: list[Clip]) -> None:
    assert number_clips(passed_over, RATE_HZ) == []
