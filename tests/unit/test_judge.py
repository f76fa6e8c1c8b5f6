"""What a sound is told of as. One character of a drawing is 50 ms: '#' loud, '.' the room.

The scorer knows digits by when they are said, in characters; whatever it does not know is something else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from digitd.decide import Bar, Reason
from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import Detection, NumberRejection, Rejection, Score, Utterance
from digitd.numbers import Grouper, NumberSettings
from digitd.pipeline import numbered, recognise, verdicts
from fakes import MARK_S, RATE_HZ, audio, blocks

MARK = round(MARK_S * RATE_HZ)
BAR = Bar(
    dict.fromkeys("0123456789", 0.6), margin=0.1, rejected=frozenset({"else"}), refractory=100, part=0.97
)
CONNECTED = SegmenterSettings()
TWO = "....######+#######......"
"""Two digits, at 4 and at 11, with a dip between them."""


class Listener:
    """Knows digits by first and last character, one more or less: their names and how sure it is.

    Args:
        digits: Those that it knows.
        surely: How sure it is that all else is something else.

    Attributes:
        asked: How often.
    """

    def __init__(self, digits: Mapping[tuple[int, int], tuple[str, float]], surely: float = 0.9) -> None:
        self._digits = digits
        self._surely = surely
        self.asked = 0

    def score(self, utterance: Utterance) -> Score:
        self.asked += 1
        onset, offset = utterance.onset / MARK, utterance.offset / MARK
        for (first, last), (label, probability) in self._digits.items():
            if abs(onset - first) < 1 and abs(offset - last) < 1:
                return Score({label: probability, "else": 1 - probability})
        return Score({"7": 1 - self._surely, "else": self._surely})


def told(
    sketch: str, listener: Listener, settings: SegmenterSettings = CONNECTED, cuts: Sequence[int] = ()
) -> list[str]:
    """Return digits that were heard, and in brackets why something else was not acted on."""
    heard = blocks(audio(sketch), cuts)
    came = verdicts(recognise(heard, settings, listener, lambda: BAR, RATE_HZ))
    return [one.keyword if isinstance(one, Detection) else f"({one.reason})" for one in came]


def numbers(sketch: str, listener: Listener) -> list[str]:
    moments = recognise(blocks(audio(sketch)), CONNECTED, listener, lambda: BAR, RATE_HZ)
    grouper = Grouper(NumberSettings(), RATE_HZ)
    return [
        "(rejected)" if isinstance(number, NumberRejection) else number.text
        for moment in numbered(moments, grouper)
        for number in moment.numbers
    ]


def test_digits_said_without_a_pause_are_told_one_by_one() -> None:
    assert told(TWO, Listener({(4, 10): ("4", 0.95), (11, 18): ("2", 0.9)})) == ["4", "2"]


def test_they_are_one_number() -> None:
    assert numbers(TWO + "." * 40, Listener({(4, 10): ("4", 0.95), (11, 18): ("2", 0.9)})) == ["42"]


@pytest.mark.parametrize("cuts", [[80] * 24, [1, 7, 300]])
def test_the_size_of_blocks_does_not_matter(cuts: list[int]) -> None:
    assert told(TWO, Listener({(4, 10): ("4", 0.95), (11, 18): ("2", 0.9)}), cuts=cuts) == ["4", "2"]


def test_with_connected_off_they_are_something_else() -> None:
    listener = Listener({(4, 10): ("4", 0.95), (11, 18): ("2", 0.9)})

    assert told(TWO, listener, replace(CONNECTED, connected=False)) == [f"({Reason.ELSE})"]


def test_a_digit_that_is_understood_as_a_whole_is_not_looked_into() -> None:
    listener = Listener({(4, 14): ("7", 0.9)})

    assert told("....######+###......", listener) == ["7"]
    assert listener.asked == 1


def test_a_sound_too_long_for_one_digit_is_a_row_even_where_it_passes_for_one() -> None:
    sketch = "....########+########......"
    listener = Listener({(4, 21): ("2", 0.7), (4, 12): ("4", 0.95), (13, 21): ("2", 0.9)})

    assert told(sketch, listener) == ["4", "2"]


def test_what_is_surely_something_else_is_not_looked_into() -> None:
    listener = Listener({(4, 10): ("4", 0.95), (11, 18): ("2", 0.9)}, surely=0.99)

    assert told(TWO, listener) == [f"({Reason.ELSE})"]
    assert listener.asked == 1


def test_one_digit_and_something_else_are_no_row() -> None:
    assert told(TWO, Listener({(4, 10): ("4", 0.95)})) == [f"({Reason.ELSE})"]


def test_a_digit_of_a_row_has_to_pass_its_own_threshold() -> None:
    assert told(TWO, Listener({(4, 10): ("4", 0.95), (11, 18): ("2", 0.55)})) == [f"({Reason.ELSE})"]


def test_of_two_digits_neither_may_be_doubtful() -> None:
    assert told(TWO, Listener({(4, 10): ("4", 0.99), (11, 18): ("2", 0.7)})) == [f"({Reason.ELSE})"]


def test_the_same_digit_twice_is_more_often_a_long_one() -> None:
    assert told(TWO, Listener({(4, 10): ("4", 0.95), (11, 18): ("4", 0.95)})) == [f"({Reason.ELSE})"]


def test_a_model_that_is_never_sure_enough_of_parts_is_not_asked_for_rows() -> None:
    listener = Listener({(4, 10): ("4", 0.95), (11, 18): ("2", 0.9)})
    alone = replace(BAR, part=1.0)

    came = list(verdicts(recognise(blocks(audio(TWO)), CONNECTED, listener, lambda: alone, RATE_HZ)))

    assert [type(one) for one in came] == [Rejection]
    assert listener.asked == 1


LONG = "." * 40 + "######+######+######+######+######" + "." * 60
FIVE = {(40, 46): "1", (47, 53): "5", (54, 60): "2", (61, 67): "9", (68, 74): "0"}


def sure_of(digits: Mapping[tuple[int, int], str]) -> Listener:
    return Listener({place: (digit, 0.95) for place, digit in digits.items()})


def test_a_row_may_be_longer_than_any_utterance() -> None:
    assert told(LONG, sure_of(FIVE)) == list("15290")


def test_a_long_row_is_one_number() -> None:
    assert numbers(LONG, sure_of(FIVE)) == ["15290"]


def test_a_long_row_of_which_the_end_is_not_understood_is_no_shorter_number() -> None:
    assert numbers(LONG, sure_of({place: digit for place, digit in FIVE.items() if place[0] < 68})) == [
        "(rejected)"
    ]


def test_a_long_sound_without_digits_is_told_of_once() -> None:
    assert told(LONG, sure_of({})) == [f"({Reason.TOO_LONG})"]
