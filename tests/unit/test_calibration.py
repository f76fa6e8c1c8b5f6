"""What is said of rooms and voices, and which settings are proposed for them."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.audio.files import array_blocks, file_blocks
from digitd.calibration.advice import findings, proposals
from digitd.calibration.room import Room, is_dead, measure_room
from digitd.calibration.sitting import LONGEST_S, Ask, Begin, Event, Sitting
from digitd.calibration.voice import Take, Voice, measure_voice
from digitd.commands.calibrate import EARS, words_of
from digitd.demo.play import SPEECH
from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import AudioBlock, Float32, Utterance
from digitd.pipeline import detected, utterances
from fakes import joined, room_noise

RATE_HZ = 16_000
ROOM_S = 8.0
DEFAULTS = SegmenterSettings()

ORDINARY = measure_room(room_noise(ROOM_S, -62, RATE_HZ), RATE_HZ)


def sine(frequency_hz: float, level_dbfs: float) -> Float32:
    times_s = np.arange(round(ROOM_S * RATE_HZ)) / RATE_HZ
    wave: Float32 = (np.sqrt(2) * np.sin(2 * np.pi * frequency_hz * times_s)).astype(np.float32)
    return wave * np.float32(10 ** (level_dbfs / 20))


def room(*sounds: Float32) -> Room:
    return measure_room(np.sum([room_noise(ROOM_S, -62, RATE_HZ), *sounds], axis=0), RATE_HZ)


def voice(level_dbfs: float = -25.0, above_room_db: float = 40.0) -> Voice:
    return Voice(level_dbfs, above_room_db, clipped=(), split=(), heard=4)


def said_of(room: Room, voice: Voice | None = None) -> str:
    return "\n".join(findings(room, voice))


def changes(room: Room, voice: Voice | None, settings: SegmenterSettings = DEFAULTS) -> dict[str, float]:
    return {one.key: one.value for one in proposals(room, voice, settings)}


def spoken(seconds: float, gain_db: float = 0.0, noise_dbfs: float = -62.0) -> Float32:
    """The demo's speech behind a microphone: a room, then words, rounded to 16 bits."""
    speech = joined(file_blocks(SPEECH, RATE_HZ))[: round(seconds * RATE_HZ)]
    words = np.concatenate([np.zeros(round(ROOM_S * RATE_HZ), np.float32), speech])
    heard = (words + room_noise(len(words) / RATE_HZ, noise_dbfs, RATE_HZ)) * 10 ** (gain_db / 20)
    steps: Float32 = (np.rint(heard * 32767) / 32768).astype(np.float32)
    return steps


def found_in(sound: Float32, settings: SegmenterSettings) -> int:
    return len(list(utterances([AudioBlock(0, sound)], settings, RATE_HZ)))


def sit(sitting: Sitting, sound: Float32) -> list[Event]:
    return [
        event
        for heard in detected(array_blocks(sound), EARS, RATE_HZ)
        for event in sitting.feed(heard.block, heard.utterances)
    ]


def measured(sound: Float32, words: int = 4) -> tuple[Room, Voice | None]:
    sitting = Sitting(ROOM_S, "6835"[:words], RATE_HZ)
    sit(sitting, sound)
    heard = measure_room(sitting.room, RATE_HZ)
    return heard, measure_voice(sitting.takes, heard, RATE_HZ)


def test_an_ordinary_room_has_nothing_wrong_with_it_and_keeps_its_settings() -> None:
    assert said_of(ORDINARY, voice()) == ""
    assert changes(ORDINARY, voice()) == {}


def test_the_level_is_that_of_the_noise() -> None:
    assert ORDINARY.level_dbfs == pytest.approx(-62 + 20 * np.log10(np.sqrt(np.pi / 2)), abs=0.3)
    assert ORDINARY.level_dbfs < ORDINARY.ceiling_dbfs < ORDINARY.level_dbfs + 6


@pytest.mark.parametrize("mains_hz", [50, 60])
def test_hum_is_told_with_the_frequency_of_the_mains(mains_hz: int) -> None:
    humming = room(*(sine(mains_hz * harmonic, -45 - 3 * harmonic) for harmonic in (1, 2, 3, 5)))

    assert humming.hum is not None
    assert humming.hum.mains_hz == mains_hz
    assert humming.hum.level_dbfs == pytest.approx(-45.3, abs=1)
    assert f"hums at {mains_hz} Hz" in said_of(humming)


def test_a_single_whistle_and_a_faint_hum_are_no_fault() -> None:
    assert room(sine(150, -45)).hum is None
    assert "hums" not in said_of(room(sine(50, -75), sine(100, -75)))


def test_a_steady_offset_is_told_to_be_harmless() -> None:
    offset = room(np.full(round(ROOM_S * RATE_HZ), -0.007, np.float32))

    assert said_of(offset) == "has a DC offset of -0.7 % of full scale; harmless, the detector takes it away"


@pytest.mark.parametrize("value", [0.0, -0.007])
def test_one_and_the_same_value_is_a_dead_microphone(value: float) -> None:
    assert is_dead(np.full(RATE_HZ, value, np.float32))
    assert not is_dead(room_noise(1, -90, RATE_HZ))


def test_a_room_that_reaches_full_scale_clips() -> None:
    assert said_of(room(sine(440, 3).clip(-1, 1))).startswith("clips although nobody speaks")


def test_noise_that_comes_and_goes_is_restless_and_steady_noise_is_not() -> None:
    bursts = room_noise(ROOM_S, -30, RATE_HZ, seed=2)
    bursts[(np.arange(len(bursts)) // (RATE_HZ // 4)) % 4 != 0] = 0

    assert ORDINARY.restless < 0.02
    assert room(bursts).restless > 0.1


def test_a_steady_loud_room_gets_a_lower_bar() -> None:
    loud = measure_room(room_noise(ROOM_S, -36, RATE_HZ), RATE_HZ)

    assert changes(loud, voice(above_room_db=9)) == {"onset_db": 5.0, "offset_db": 4.0}
    assert changes(loud, voice(above_room_db=9), SegmenterSettings(onset_db=4, offset_db=3)) == {}
    assert changes(loud, voice(above_room_db=11)) == {}


def test_hum_is_cured_at_the_cable_and_not_by_settings() -> None:
    humming = room(*(sine(50 * harmonic, -30) for harmonic in (1, 2, 3)))

    assert changes(humming, voice(above_room_db=5)) == {}


def test_a_restless_room_keeps_its_settings() -> None:
    ticking = room_noise(ROOM_S, -30, RATE_HZ, seed=2)
    ticking[(np.arange(len(ticking)) // (RATE_HZ // 20)) % 10 != 0] = 0

    assert changes(room(ticking), voice(above_room_db=9)) == {}


def test_a_faint_voice_in_a_quieter_room_lowers_what_a_room_is_taken_for() -> None:
    quiet = measure_room(room_noise(ROOM_S, -82, RATE_HZ), RATE_HZ)

    proposed = changes(quiet, voice(level_dbfs=-65))

    assert list(proposed) == ["quietest_dbfs"]
    assert -84 <= proposed["quietest_dbfs"] < quiet.ceiling_dbfs
    assert changes(quiet, voice(level_dbfs=-55)) == {}


def test_a_voice_that_is_faint_or_far_or_amid_noise_is_told_what_helps() -> None:
    loud = measure_room(room_noise(ROOM_S, -36, RATE_HZ), RATE_HZ)

    assert said_of(ORDINARY, voice(level_dbfs=-58)).startswith(
        "is too quiet: a word has -58 dBFS; turn its gain up"
    )
    assert said_of(ORDINARY, voice(above_room_db=12)).startswith(
        "is far from you: a word stands out by 12 dB"
    )
    assert said_of(loud, voice(above_room_db=12)).startswith("is in a loud room: a word stands out by 12 dB")


def test_nothing_is_proposed_without_a_voice_or_for_a_fixed_threshold() -> None:
    loud = measure_room(room_noise(ROOM_S, -36, RATE_HZ), RATE_HZ)

    assert changes(loud, None) == {}
    assert changes(loud, voice(above_room_db=9), SegmenterSettings(mode="classic")) == {}


def test_what_is_proposed_for_a_faint_copy_of_speech_finds_words_that_were_lost() -> None:
    clear, faint = spoken(40), spoken(40, gain_db=-55)
    heard, said = measured(faint)

    better = SegmenterSettings(**changes(heard, said))  # type: ignore[arg-type] # mode is none of them

    assert found_in(faint, DEFAULTS) < 0.2 * found_in(clear, DEFAULTS)
    assert found_in(faint, better) > 0.9 * found_in(clear, DEFAULTS)


def test_for_clear_speech_nothing_is_proposed() -> None:
    heard, said = measured(spoken(12))

    assert changes(heard, said) == {}
    assert said is not None
    assert (said.heard, said.split, said.clipped) == (4, (), ())
    assert said.level_dbfs - heard.level_dbfs == said.above_room_db > 30


def test_speech_at_full_scale_is_told_by_its_words() -> None:
    loud = (spoken(12) * 8).clip(-1, 1)

    _, said = measured(loud)

    assert said is not None
    assert said.clipped == ("6", "8", "3", "5")


def test_a_room_is_heard_then_each_word_is_asked_for_when_the_last_is_over() -> None:
    sitting = Sitting(ROOM_S, ["6", "8"], RATE_HZ)

    events = sit(sitting, spoken(8))

    assert [type(event) for event in events] == [Ask, Take, Ask, Take]
    assert sitting.is_over
    assert [take.word for take in sitting.takes] == ["6", "8"]
    assert len(sitting.room) == ROOM_S * RATE_HZ
    assert all(one.end <= other.start for one, other in pairwise(sitting.takes))


def test_a_word_that_nobody_says_is_waited_for_and_then_let_go() -> None:
    sitting = Sitting(ROOM_S, ["6"], RATE_HZ)

    events = sit(sitting, room_noise(ROOM_S + 7, -62, RATE_HZ))

    assert [type(event) for event in events] == [Ask, Take]
    assert measure_voice(sitting.takes, ORDINARY, RATE_HZ) is None


def test_in_a_room_with_a_radio_each_word_has_its_time_and_no_more() -> None:
    sitting = Sitting(1.0, ["6", "8"], RATE_HZ)
    half = room_noise(0.5, -20, RATE_HZ)

    for start in range(0, 26 * RATE_HZ, len(half)):
        talk = Utterance(start, half, start, start + len(half), -20.0, -60.0)
        sitting.feed(AudioBlock(start, half), [talk])

    assert [len(take.samples) / RATE_HZ for take in sitting.takes] == [LONGEST_S, LONGEST_S]


def test_samples_that_were_lost_make_it_begin_anew() -> None:
    sitting = Sitting(1.0, ["6"], RATE_HZ)
    noise = room_noise(1.5, -62, RATE_HZ)
    sitting.feed(AudioBlock(0, noise), ())

    events = sitting.feed(AudioBlock(5 * RATE_HZ, noise[: RATE_HZ // 2]), ())

    assert events == [Begin()]
    assert (sitting.start, sitting.room_left_s, sitting.takes) == (5 * RATE_HZ, 0.5, [])


@pytest.mark.parametrize(("pause_s", "split"), [(0.2, ("6",)), (0.6, ())])
def test_a_word_that_came_in_two_is_told(pause_s: float, split: Sequence[str]) -> None:
    half = room_noise(0.2, -25, RATE_HZ)
    sound = np.concatenate(
        [half, np.zeros(round(pause_s * RATE_HZ), np.float32), half, np.zeros(RATE_HZ, np.float32)]
    ) + room_noise(1.4 + pause_s, -70, RATE_HZ, seed=3)
    cut = [one for _, one in utterances([AudioBlock(0, sound)], EARS, RATE_HZ)]

    said = measure_voice([Take("6", 0, sound, cut)], ORDINARY, RATE_HZ)

    assert said is not None
    assert said.split == split


@given(
    quietest=st.floats(-100, 0), onset=st.floats(5, 40), above=st.floats(-10, 60), level=st.floats(-90, -5)
)
def test_whatever_is_proposed_is_allowed(quietest: float, onset: float, above: float, level: float) -> None:
    settings = SegmenterSettings(quietest_dbfs=quietest, onset_db=onset, offset_db=5)

    proposed = changes(ORDINARY, voice(level, above), settings)

    assert proposed.get("quietest_dbfs", quietest) <= quietest
    assert proposed.get("offset_db", 5) <= proposed.get("onset_db", onset)


def test_six_and_eight_are_asked_for_first_and_own_words_as_they_are() -> None:
    assert words_of([*"0123456789"], 4) == ["6", "8", "3", "5"]
    assert words_of(["go", "stop"], 3) == ["go", "stop", "go"]
    assert words_of(["go", "7"], 2) == ["7", "go"]
