"""Drawings: '#' loud, '+' a little above the room, '.' the room, each 50 ms."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.detect.segmenter import Segmenter, SegmenterSettings
from digitd.messages import AudioBlock, Float32, Utterance
from fakes import MARK_S, RATE_HZ, audio, blocks, room_noise

ADAPTIVE = SegmenterSettings()
CLASSIC = SegmenterSettings(mode="classic")
MARK = round(MARK_S * RATE_HZ)


def segment(
    samples: Float32, cuts: Sequence[int] = (), settings: SegmenterSettings = ADAPTIVE
) -> list[Utterance]:
    segmenter = Segmenter(settings, RATE_HZ)
    found = [utterance for block in blocks(samples, cuts) for utterance in segmenter.feed(block)]
    return found + segmenter.flush()


def spans(found: list[Utterance]) -> list[tuple[float, float]]:
    return [(utterance.onset / MARK, utterance.offset / MARK) for utterance in found]


def test_silence_holds_no_utterance() -> None:
    assert segment(audio("..............")) == []


def test_a_loud_stretch_is_an_utterance_from_its_first_to_its_last_window() -> None:
    assert spans(segment(audio("....####......"))) == [(4, 8)]


def test_the_closure_inside_six_does_not_split_it() -> None:
    assert spans(segment(audio("....##..##......"))) == [(4, 10)]


def test_a_pause_longer_than_the_hang_over_separates_two_words() -> None:
    assert spans(segment(audio("....###....###......"))) == [(4, 7), (11, 14)]


def test_a_click_is_no_utterance() -> None:
    click = audio("................")
    click[400:430] = 0.5

    assert segment(click) == []


def test_an_utterance_open_at_the_end_of_the_stream_is_kept() -> None:
    assert spans(segment(audio("....####"))) == [(4, 8)]


def test_once_open_a_lower_bar_holds_it_open() -> None:
    settings = replace(ADAPTIVE, onset_db=20, offset_db=6)

    assert spans(segment(audio("........++++......"), settings=settings)) == []
    assert spans(segment(audio("........##++......"), settings=settings)) == [(8, 12)]


def test_pre_roll_and_post_roll_belong_to_the_samples() -> None:
    (utterance,) = segment(audio("....####......"))

    assert utterance.start == 4 * MARK - round(0.06 * RATE_HZ)
    assert len(utterance.samples) == 8 * MARK + round(0.04 * RATE_HZ) - utterance.start


def test_the_surroundings_reach_from_before_the_utterance_to_when_it_was_known_to_be_over() -> None:
    sound = audio("." * 50 + "####" + "." * 10)

    (utterance,) = segment(sound)

    around = utterance.surroundings
    assert (around.start, around.end) == (54 * MARK - 2 * RATE_HZ, 54 * MARK + round(0.125 * RATE_HZ))
    inside = slice(utterance.start - around.start, utterance.start - around.start + len(utterance.samples))
    assert np.array_equal(around.samples[inside], utterance.samples)


def test_the_surroundings_are_what_there_is_where_the_stream_is_young_or_over() -> None:
    sound = audio("..####")

    (utterance,) = segment(sound)

    assert np.array_equal(utterance.surroundings.samples, sound)


def test_what_goes_on_too_long_is_cut_once_and_then_waited_out() -> None:
    sound = audio("...." + "#" * 60 + "." * 60 + "####......")

    found = segment(sound, settings=replace(ADAPTIVE, connected=False))

    assert [utterance.too_long for utterance in found] == [True, False]
    assert spans(found) == [(4, 34), (124, 128)]


def test_a_fan_that_starts_becomes_the_room() -> None:
    fan = room_noise(8, -30, RATE_HZ)
    fan[: 2 * RATE_HZ] *= 0.01
    fan[6 * RATE_HZ : 6 * RATE_HZ + 500] *= 20

    found = [utterance for utterance in segment(fan) if not utterance.too_long]

    assert [round(utterance.onset / RATE_HZ, 1) for utterance in found] == [6.0]


def test_a_word_amid_noise_that_comes_and_goes_is_cut_at_its_own_ends() -> None:
    talk = room_noise(10, -48, RATE_HZ) * np.resize(np.repeat([0.1, 1.0], 2 * MARK), 10 * RATE_HZ)
    word = audio("." * 160 + "####" + "." * 36)

    found = [utterance for utterance in segment(talk + word) if utterance.onset > 100 * MARK]

    assert spans(found) == [(160, 164)]


def test_a_hum_does_not_hide_a_hiss() -> None:
    hum = np.sin(2 * np.pi * 120 / RATE_HZ * np.arange(8 * RATE_HZ)).astype(np.float32) * np.float32(0.1)
    hiss = audio("." * 120 + "####" + "." * 36) * np.float32(0.2)

    found = [utterance for utterance in segment(hum + hiss) if not utterance.too_long]

    assert spans(found) == [(120, 124)]


def test_digital_silence_does_not_make_whispers_loud() -> None:
    whisper = audio("_" * 40 + "...." + "_" * 10)

    assert segment(whisper) == []


def test_a_word_after_digital_silence_is_found() -> None:
    assert spans(segment(audio("_" * 40 + "####" + "_" * 10))) == [(40, 44)]


def test_a_gap_forgets_the_word_it_cuts_in_two() -> None:
    segmenter = Segmenter(ADAPTIVE, RATE_HZ)
    before, after = audio("....###"), audio("#......####......")

    found = segmenter.feed(AudioBlock(0, before)) + segmenter.feed(AudioBlock(len(before) + 123, after))

    assert [(u.onset - len(before) - 123) / MARK for u in found][-1:] == [7]
    assert all(u.onset > len(before) for u in found)


def test_it_holds_no_more_than_the_longest_utterance_however_long_the_noise() -> None:
    segmenter = Segmenter(CLASSIC, RATE_HZ)

    for at in range(0, 600 * RATE_HZ, RATE_HZ):
        segmenter.feed(AudioBlock(at, np.full(RATE_HZ, 0.2, np.float32)))

        held = segmenter._tape  # noqa: SLF001 - what grows is what it holds
        assert (
            held.end - held.start <= 4.5 * RATE_HZ
        )  # the longest, two seconds before it, and what came last


sketches = st.text("#+._", max_size=40)
lengths = st.lists(st.integers(0, 400), max_size=40)


@pytest.mark.parametrize("settings", [ADAPTIVE, CLASSIC], ids=["adaptive", "classic"])
@given(sketch=sketches, cuts=lengths)
def test_blocking_does_not_matter(sketch: str, cuts: list[int], settings: SegmenterSettings) -> None:
    whole, cut = segment(audio(sketch), (), settings), segment(audio(sketch), cuts, settings)

    assert [(u.start, u.onset, u.offset, u.level_dbfs) for u in whole] == [
        (u.start, u.onset, u.offset, u.level_dbfs) for u in cut
    ]
    assert all(np.array_equal(one.samples, other.samples) for one, other in zip(whole, cut, strict=True))


@given(sketch=sketches)
def test_utterances_are_in_order_and_do_not_overlap(sketch: str) -> None:
    found = segment(audio(sketch))

    edges = [edge for utterance in found for edge in (utterance.onset, utterance.offset)]
    assert edges == sorted(edges)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"offset_db": 20}, "offset_db"), ({"post_roll_ms": 400}, "post_roll_ms")],
)
def test_settings_that_contradict_each_other_are_refused(change: dict[str, float], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        SegmenterSettings(**change)  # type: ignore[arg-type]  # a table of keys


@pytest.mark.parametrize("settings", [ADAPTIVE, CLASSIC], ids=["adaptive", "classic"])
@given(sketch=st.text("#+._", max_size=60), cuts=st.lists(st.integers(1, 400)))
def test_nothing_begins_where_all_was_said_to_be_settled(
    settings: SegmenterSettings, sketch: str, cuts: list[int]
) -> None:
    segmenter = Segmenter(settings, RATE_HZ)
    settled = 0

    for block in blocks(audio(sketch), cuts):
        assert all(utterance.onset >= settled for utterance in segmenter.feed(block))
        assert segmenter.settled >= settled
        settled = segmenter.settled

    assert all(utterance.onset >= settled for utterance in segmenter.flush())


def test_what_is_quiet_is_settled_at_once_and_what_is_loud_from_its_onset_on() -> None:
    segmenter = Segmenter(ADAPTIVE, RATE_HZ)

    segmenter.feed(AudioBlock(0, audio("........")))
    quiet = segmenter.settled
    segmenter.feed(AudioBlock(8 * MARK, audio("####")))

    assert quiet / MARK == pytest.approx(8, abs=0.5)
    assert segmenter.settled / MARK == pytest.approx(8, abs=0.2)
