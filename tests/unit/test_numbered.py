"""Sound in, numbers out: everything that stands out from the room is taken for a seven.

Drawings: '#' loud, '.' the room, each 50 ms. A pause of more than 0.5 s parts two numbers.
"""

from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.decide import Bar
from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import AudioBlock, NumberRejection, Score, Utterance
from digitd.numbers import Grouper, NumberSettings, Reason
from digitd.pipeline import Moment, numbered, recognise
from fakes import MARK_S, RATE_HZ, audio, blocks, room_noise

GAP_S = 0.5


class Sevens:
    """Takes everything for a seven."""

    def score(self, _utterance: Utterance) -> Score:
        return Score({"7": 0.9, "else": 0.1})


def moments(heard: Iterable[AudioBlock], *, midway: bool = False) -> Iterator[Moment]:
    bar = Bar({"7": 0.5}, margin=0.0, rejected=frozenset({"else"}), refractory=0)
    told = recognise(heard, SegmenterSettings(), Sevens(), lambda: bar, RATE_HZ)
    return numbered(told, Grouper(NumberSettings(gap_s=GAP_S), RATE_HZ), midway=midway)


def numbers(heard: Iterable[AudioBlock], *, midway: bool = False) -> list[str]:
    """Return the numbers in drawn sound, in brackets why one does not count."""
    return [
        f"({number.reason})" if isinstance(number, NumberRejection) else number.text
        for moment in moments(heard, midway=midway)
        for number in moment.numbers
    ]


def test_words_in_a_row_are_one_number() -> None:
    assert numbers(blocks(audio("....####.....####..............####..."))) == ["77", "7"]


@given(cuts=st.lists(st.integers(1, 400)))
def test_numbers_do_not_depend_on_the_size_of_blocks(cuts: list[int]) -> None:
    sound = audio("....####.....####..............####...####")

    assert numbers(blocks(sound, cuts)) == ["77", "77"]


def test_a_number_is_told_while_the_room_is_quiet_not_when_somebody_speaks_again() -> None:
    mark = round(MARK_S * RATE_HZ)

    told = moments(blocks(audio("....####" + "." * 100), [mark] * 108))

    told_at = [moment.heard.block.end / mark for moment in told if moment.numbers]
    assert told_at == [pytest.approx(8 + GAP_S / MARK_S, abs=2)]


def test_a_gap_in_the_sound_spoils_the_number_around_it() -> None:
    sound = audio("....####....") + room_noise(0.6, -80, RATE_HZ)
    again = blocks(sound, start=len(sound) + 50)

    assert numbers([*blocks(sound), *again]) == [f"({Reason.LOST})"]


def test_whoever_begins_to_listen_midway_tells_no_number_that_had_begun_before() -> None:
    rest = audio("......####............####....####..............")

    assert numbers(blocks(rest, start=RATE_HZ), midway=True) == [f"({Reason.LOST})", "77"]


def test_whoever_begins_to_listen_midway_tells_the_number_that_begins_after_a_pause() -> None:
    rest = audio("..............####....####..............")

    assert numbers(blocks(rest, start=RATE_HZ), midway=True) == ["77"]
