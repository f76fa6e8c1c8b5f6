"""Drawings as in test_segmenter: '#' loud, '+' a little above the room, '.' the room, each 50 ms."""

from dataclasses import replace

import numpy as np
import pytest

from digitd.detect.parts import part, valleys
from digitd.detect.segmenter import Segmenter, SegmenterSettings
from digitd.messages import AudioBlock, Float32, Utterance
from fakes import MARK_S, RATE_HZ, audio, blocks

MARK = round(MARK_S * RATE_HZ)
SETTINGS = SegmenterSettings()


def segment(
    samples: Float32, cuts: tuple[int, ...] = (), settings: SegmenterSettings = SETTINGS
) -> list[Utterance]:
    segmenter = Segmenter(settings, RATE_HZ)
    found = [utterance for block in blocks(samples, cuts) for utterance in segmenter.feed(block)]
    return found + segmenter.flush()


def parts(utterance: Utterance) -> list[tuple[int, int]]:
    return [(round(onset / MARK), round(offset / MARK)) for onset, offset in utterance.parts]


def test_a_valley_is_where_the_level_is_lowest_between_two_peaks() -> None:
    assert valleys([0, 9, 4, 2, 4, 9, 0], depth_db=6) == [3]


def test_a_dip_that_is_not_deep_enough_is_no_valley() -> None:
    assert valleys([0, 9, 5, 9, 0], depth_db=6) == []


def test_the_ends_of_a_level_are_no_valleys() -> None:
    assert valleys([9, 0, 9, 0], depth_db=6) == [1]


def test_a_word_that_touches_a_fainter_sound_is_a_part_of_what_they_are_together() -> None:
    (utterance,) = segment(audio("........++++++++++.#####......"))

    assert (18, 24) in [(onset, offset) for onset, offset in parts(utterance)]


def test_a_sound_as_short_as_a_word_has_no_parts() -> None:
    (utterance,) = segment(audio("........+++.#####......"))

    assert utterance.parts == ()


@pytest.mark.parametrize(
    "sketch", ["." * 40 + "+" * 10 + ".#####......", "." * 40 + "+" * 32 + ".#####......"]
)
def test_parts_can_be_turned_off(sketch: str) -> None:
    settings = replace(SETTINGS, parts_from_ms=2000)

    assert any(utterance.parts for utterance in segment(audio(sketch)))
    assert not any(utterance.parts for utterance in segment(audio(sketch), settings=settings))


def test_what_does_not_stand_out_from_what_is_around_it_is_no_part() -> None:
    sound = audio("........" + "###." * 6 + "......")

    assert segment(sound)[0].parts == ()
    assert segment(sound, settings=replace(SETTINGS, stands_out_db=-3))[0].parts != ()


def test_a_word_in_a_sound_that_goes_on_too_long_is_found_in_it() -> None:
    sound = audio("." * 40 + "+" * 32 + ".#####." + "+" * 8 + "." * 40)

    found = [each for utterance in segment(sound) for each in parts(utterance)]

    assert (72, 78) in found


def test_no_part_is_told_of_twice_however_long_the_sound() -> None:
    sound = audio("." * 40 + "+" * 20 + (".#####." + "+" * 12) * 3 + "." * 40)

    found = [each for utterance in segment(sound) for each in parts(utterance)]

    assert len(found) == len(set(found))
    assert (60, 66) in found


@pytest.mark.parametrize("cuts", [(1, 7, 160, 33), (400,) * 8])
def test_blocking_does_not_matter_to_parts(cuts: tuple[int, ...]) -> None:
    sound = audio("." * 40 + "+" * 20 + (".#####." + "+" * 12) * 3 + "." * 40)

    assert [one.parts for one in segment(sound, cuts)] == [one.parts for one in segment(sound)]


def test_a_part_is_an_utterance_with_its_own_samples_in_the_same_surroundings() -> None:
    sound = audio("........++++++++++.#####......")
    (whole,) = segment(sound)
    onset, offset = whole.parts[-1]

    one = part(whole, onset, offset, RATE_HZ)

    assert (one.onset, one.offset, one.is_part, one.parts) == (onset, offset, True, ())
    assert np.array_equal(one.samples, sound[one.start : one.start + len(one.samples)])
    assert one.start == onset - round(0.03 * RATE_HZ)
    assert one.surroundings is whole.surroundings


def test_the_surroundings_of_a_long_sound_reach_back_as_far_for_each_of_its_parts() -> None:
    sound = audio("." * 60 + "#####." + "+" * 20 + "." * 10)

    (whole,) = segment(sound)

    assert whole.surroundings.start <= min(offset for _, offset in whole.parts) - 2 * RATE_HZ


def test_a_stream_that_ends_in_a_long_sound_tells_of_its_last_parts() -> None:
    sound = audio("." * 40 + "+" * 32 + ".#####")

    found = [each for utterance in segment(sound) for each in parts(utterance)]

    assert found[-1] == (72, 78)


def test_a_gap_forgets_a_long_sound() -> None:
    segmenter = Segmenter(SETTINGS, RATE_HZ)
    before = audio("." * 8 + "+" * 70)
    segmenter.feed(AudioBlock(0, before))

    found = segmenter.feed(AudioBlock(len(before) + 5, audio("." * 20)))

    assert found == []
