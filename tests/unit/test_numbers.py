"""When digits are one number, when they are two, and when they are none.

A character of a drawing is 0.2 s: a digit; 'w', a keyword that is none; '?', perhaps a three; 'x', a cough or
a word; '#', what nobody looked at; '.', a pause; '|', a pause that the microphone missed. Up to three dots,
0.6 s, are within a number.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.decide import Reason as Doubt
from digitd.messages import Detection, NumberRejection, Rejection, Score, Utterance
from digitd.numbers import FormSettings, Grouper, Number, NumberSettings, Reason

RATE_HZ = 1000
MARK = 200
GAP_S, GAP = 0.6, 600
HANG_OVER = 125
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)

DOUBTFUL = Score({"3": 0.4, "8": 0.1, "else": 0.5})
STRANGE = Score({"3": 0.01, "else": 0.99})
PIN = FormSettings(shortest=4, longest=4, after="w", secret=True)


def utterance(onset: int, offset: int) -> Utterance:
    return Utterance(onset, np.zeros(0, np.float32), onset, offset, -30.0, -60.0)


def heard(keyword: str, onset: int, offset: int, probability: float = 0.9) -> Detection:
    score = Score({keyword: probability, "else": 1 - probability})
    return Detection(keyword, score, utterance(onset, offset), NOON, NOON, offset / RATE_HZ)


def verdict(mark: str, onset: int, offset: int) -> Detection | Rejection:
    match mark:
        case "?":
            return Rejection(Doubt.DOUBTFUL, DOUBTFUL, utterance(onset, offset))
        case "x":
            return Rejection(Doubt.ELSE, STRANGE, utterance(onset, offset))
        case "#":
            return Rejection(Doubt.MUTED, None, utterance(onset, offset))
        case _:
            return heard(mark, onset, offset)


def numbers(sketch: str, settings: NumberSettings | None = None) -> list[Number]:
    """Hear a drawing, followed by what is there at the end of a stream."""
    grouper = Grouper(settings or NumberSettings(gap_s=GAP_S), RATE_HZ)
    ended: list[Number] = []
    for place, mark in enumerate(sketch, start=1):
        if mark == "|":
            grouper.lose(place * MARK)
        elif mark != ".":
            ended += grouper.hear(verdict(mark, (place - 1) * MARK, place * MARK))
        ended += grouper.settle(place * MARK)
    return ended + grouper.settle(float("inf"))


def told(sketch: str, settings: NumberSettings | None = None) -> list[str]:
    """Return each number that counts, and in brackets the reasons of those that do not."""
    return [
        f"({number.reason})" if isinstance(number, NumberRejection) else number.text
        for number in numbers(sketch, settings)
    ]


def expecting(forms: Mapping[str, FormSettings], *, only: bool = True) -> NumberSettings:
    return NumberSettings(enabled=True, gap_s=GAP_S, only=only, grammars=forms)


@pytest.mark.parametrize(
    ("sketch", "expected"),
    [
        ("..4....", ["4"]),
        (".4..2....", ["42"]),
        ("4...2", ["42"]),
        ("4....2", ["4", "2"]),
        ("0.0.7", ["007"]),
        ("42", ["42"]),
        ("4.2....7..1", ["42", "71"]),
        ("......", []),
    ],
)
def test_digits_with_short_pauses_are_one_number(sketch: str, expected: list[str]) -> None:
    assert told(sketch) == expected


@pytest.mark.parametrize("sketch", ["4.?.2", "?.4.2", "4.2.?", "4.2...?", "4??", "4.2.#"])
def test_a_part_that_was_perhaps_a_digit_spoils_the_whole(sketch: str) -> None:
    assert told(sketch) == [f"({Reason.DOUBTFUL})"]


@pytest.mark.parametrize("sketch", ["?....4.2", "4.2....?"])
def test_a_doubt_after_a_longer_pause_spoils_nothing(sketch: str) -> None:
    assert told(sketch) == ["42"]


@pytest.mark.parametrize("sketch", ["?", "?.?.?", "x.x", "w", "w.?", "?.w"])
def test_where_no_digit_was_understood_there_was_no_number(sketch: str) -> None:
    assert told(sketch) == []


@pytest.mark.parametrize("sketch", ["4.x.2", "4...x...2"])
def test_one_sound_between_two_digits_may_have_been_a_third(sketch: str) -> None:
    assert told(sketch) == [f"({Reason.DOUBTFUL})"]


@pytest.mark.parametrize("sketch", ["x.4.2", "x.x.4.2", "4.2.x", "4.2.x.x.x", "x.4.2.x", "w.4.2"])
def test_one_may_talk_before_a_number_and_after_it(sketch: str) -> None:
    assert told(sketch) == ["42"]


def test_talk_between_digits_parts_them() -> None:
    assert told("4.2.x.x.7") == ["42", "7"]


def test_a_keyword_that_is_no_digit_ends_a_number() -> None:
    assert told("4.2.w.7") == ["42", "7"]


@pytest.mark.parametrize("sketch", ["4.|.2", "4.2.|", "|.4.2", "4|2", "?|2"])
def test_missing_sound_spoils_what_it_may_have_been_a_part_of(sketch: str) -> None:
    assert told(sketch) == [f"({Reason.LOST})"]


def test_missing_sound_spoils_nothing_after_a_longer_pause() -> None:
    assert told("4.2....|....7") == ["42", "7"]


def test_too_many_digits_are_no_number_not_the_first_of_them() -> None:
    settings = NumberSettings(gap_s=GAP_S, longest=3)

    assert told("1.2.3....1.2.3.4", settings) == ["123", f"({Reason.LONG})"]


def test_the_confidence_of_a_number_is_that_all_its_digits_are_right() -> None:
    (number,) = numbers("4.2.7")

    assert not isinstance(number, NumberRejection)
    assert number.confidence == pytest.approx(0.9**3)


def test_a_rejected_number_tells_what_was_heard_of_it() -> None:
    (number,) = numbers("4.x.2.?")

    assert isinstance(number, NumberRejection)
    assert [part.score.label for part in number.parts if part.score] == ["4", "else", "2", "else"]
    assert [isinstance(part, Detection) for part in number.parts] == [True, False, True, False]


@pytest.mark.parametrize(
    ("sketch", "expected"),
    [
        ("7", ["channel"]),
        ("0.7", ["channel"]),
        ("0.0", ["level"]),
        ("1.0.0", ["level"]),
        ("1.0.1", [None]),
        ("9.9", ["channel"]),
        ("9.9.9.9", [None]),
    ],
)
def test_the_first_form_that_fits_is_the_one(sketch: str, expected: list[str | None]) -> None:
    forms = {
        "channel": FormSettings(longest=2, least=1, most=99),
        "level": FormSettings(longest=3, most=100),
    }

    assert [number.grammar for number in numbers(sketch, expecting(forms, only=False))] == expected


def test_a_number_that_has_none_of_the_forms_is_rejected() -> None:
    forms = {"channel": FormSettings(longest=2)}

    assert told("1.2.3", expecting(forms)) == [f"({Reason.NO_FORM})"]


def test_a_form_may_ask_for_a_word_before_the_number() -> None:
    forms = {"pin": PIN, "year": FormSettings(shortest=4, longest=4)}

    found = numbers("w.1.2.3.4....1.9.8.4", expecting(forms))

    assert [number.grammar for number in found] == ["pin", "year"]


def test_the_word_of_a_form_may_be_a_digit_and_is_no_part_of_the_number() -> None:
    forms = {"pin": FormSettings(shortest=4, longest=4, after="0"), "any": FormSettings()}

    assert told("0.1.2.3.4....1.0.5....0", expecting(forms)) == ["1234", "105", "0"]


def test_after_the_word_of_a_form_no_other_form_is_taken() -> None:
    forms = {"pin": PIN, "any": FormSettings()}

    (number,) = numbers("w.1.2.3", expecting(forms))

    assert isinstance(number, NumberRejection)
    assert (number.reason, number.grammar) == (Reason.NO_FORM, "pin")


@pytest.mark.parametrize("sketch", ["w.1.2.3", "1.2.3.4", "w.1.?.3.4", "1.2.?", "w.1.x.3.4", "|w.1.2.3|"])
def test_where_there_is_a_secret_nothing_that_is_rejected_is_told(sketch: str) -> None:
    (number,) = numbers(sketch, expecting({"pin": PIN, "channel": FormSettings(longest=2)}))

    assert isinstance(number, NumberRejection)
    assert number.secret


def test_only_numbers_of_a_secret_form_are_secret_themselves() -> None:
    found = numbers("w.1.2.3.4....4.2", expecting({"pin": PIN, "channel": FormSettings(longest=2)}))

    assert [number.secret for number in found] == [True, False]


@pytest.mark.parametrize(
    ("sketch", "expected"),
    [
        ("4.2", ["again"]),
        ("4.2....4.2", ["again", "42"]),
        ("4.2....4.3....4.3", ["again", "again", "43"]),
        ("4.2....4.2....4.2", ["again", "42", "again"]),
        ("4.2....4.?....4.2", ["again", "doubtful", "42"]),
        ("4.2.............4.2", ["again", "again"]),
    ],
)
def test_a_number_may_have_to_be_said_twice(sketch: str, expected: list[str]) -> None:
    settings = NumberSettings(gap_s=GAP_S, confirm=True, confirm_s=2.4)
    names = {f"({Reason.AGAIN})": "again", f"({Reason.DOUBTFUL})": "doubtful"}

    assert [names.get(one, one) for one in told(sketch, settings)] == expected


def test_what_has_to_be_said_again_is_told_unless_it_is_secret() -> None:
    forms = {"pin": PIN, "any": FormSettings()}
    settings = NumberSettings(enabled=True, gap_s=GAP_S, only=True, confirm=True, grammars=forms)

    found = numbers("w.1.2.3.4....w.1.2.3.4", settings)

    assert [type(number).__name__ for number in found] == ["NumberRejection", "SpokenNumber"]
    assert all(number.secret for number in found)


def test_single_digits_are_held_back_only_where_numbers_are_put_together() -> None:
    assert NumberSettings(enabled=True, only=True).hold_back
    assert not NumberSettings(enabled=False, only=True).hold_back
    assert not NumberSettings(enabled=True).hold_back


class Spoken(NamedTuple):
    """A digit, the pause before it and how long it takes, in samples."""

    digit: str
    pause: int
    length: int


class Told(NamedTuple):
    """A number, and how far the stream was when it was told."""

    number: Number
    position: int


spoken = st.lists(
    st.builds(Spoken, st.sampled_from("0123456789"), st.integers(0, 1500), st.integers(100, 900)), max_size=12
)
cuts = st.lists(st.integers(1, 700), min_size=1, max_size=30)


def placed(said: Sequence[Spoken]) -> list[Detection]:
    end, detections = 0, []
    for digit, pause, length in said:
        detections.append(heard(digit, end + pause, end + pause + length))
        end += pause + length
    return detections


def listened(said: Sequence[Detection], cuts: Sequence[int], settings: NumberSettings) -> Iterator[Told]:
    """Hear digits as the segmenter gives them: once they have been over for a while."""
    grouper = Grouper(settings, RATE_HZ)
    waiting, position = list(said), 0
    end = (said[-1].utterance.offset if said else 0) + 10 * GAP
    while position < end:
        position += cuts[position % len(cuts)]
        while waiting and waiting[0].utterance.offset + HANG_OVER <= position:
            yield from (Told(number, position) for number in grouper.hear(waiting.pop(0)))
        under_way = waiting[0].utterance.onset if waiting else position
        yield from (Told(number, position) for number in grouper.settle(min(position, under_way)))


def runs(said: Sequence[Detection]) -> list[str]:
    """Say what the numbers are, by the pauses alone."""
    found: list[str] = []
    end = -GAP - 1
    for digit in said:
        if digit.utterance.onset - end > GAP:
            found.append("")
        found[-1] += digit.keyword
        end = digit.utterance.offset
    return found


@given(spoken, cuts)
def test_the_pauses_alone_decide_whatever_the_size_of_blocks(said: list[Spoken], cuts: list[int]) -> None:
    digits = placed(said)

    found = listened(digits, cuts, NumberSettings(gap_s=GAP_S, longest=12))

    assert [one.number.text for one in found if not isinstance(one.number, NumberRejection)] == runs(digits)


@given(spoken, cuts, st.integers(1, 12))
def test_no_number_is_longer_than_allowed_and_none_is_told_in_part(
    said: list[Spoken], cuts: list[int], longest: int
) -> None:
    digits = placed(said)

    found = list(listened(digits, cuts, NumberSettings(gap_s=GAP_S, longest=longest)))

    texts = [None if isinstance(one.number, NumberRejection) else one.number.text for one in found]
    assert texts == [text if len(text) <= longest else None for text in runs(digits)]


@given(spoken, cuts)
def test_a_number_is_told_in_the_block_in_which_the_pause_after_it_is_over(
    said: list[Spoken], cuts: list[int]
) -> None:
    for number, position in listened(placed(said), cuts, NumberSettings(gap_s=GAP_S, longest=12)):
        assert not isinstance(number, NumberRejection)
        over = number.digits[-1].utterance.offset + GAP
        assert over < position <= over + max(cuts)


@given(st.text("4?x.w|", max_size=30))
def test_every_digit_is_told_once_in_a_number_or_with_one_that_does_not_count(sketch: str) -> None:
    parts = [
        part
        for number in numbers(sketch)
        for part in (number.parts if isinstance(number, NumberRejection) else number.digits)
    ]

    onsets = [part.utterance.onset for part in parts if isinstance(part, Detection) and part.keyword == "4"]
    assert onsets == [place * MARK for place, mark in enumerate(sketch) if mark == "4"]
