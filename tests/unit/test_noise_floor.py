"""What the room sounds like, learned from how often each level was heard."""

import numpy as np
import pytest

from digitd.detect.bands import together_dbfs
from digitd.detect.noise_floor import LOWEST_DBFS, START_DBFS, NoiseFloor
from digitd.messages import Float32

WINDOWS_PER_S = 160
UPDATE = 4


def steady(level_dbfs: float, seconds: float) -> Float32:
    return np.full((round(seconds * WINDOWS_PER_S), 1), level_dbfs, np.float32)


def after(*heard: Float32) -> NoiseFloor:
    floor = NoiseFloor(bands=1, windows_per_s=WINDOWS_PER_S)
    hear(floor, np.concatenate(heard))
    return floor


def hear(floor: NoiseFloor, levels: Float32, *, open_: bool = False) -> None:
    for at in range(0, len(levels), UPDATE):
        floor.update(levels[at : at + UPDATE], [open_] * UPDATE)


def test_a_room_that_was_not_heard_yet_is_taken_for_a_quiet_one() -> None:
    floor = NoiseFloor(bands=6, windows_per_s=WINDOWS_PER_S)

    assert together_dbfs(floor.common.tolist()) == pytest.approx(START_DBFS, abs=1)


def test_a_quieter_room_is_known_in_three_seconds() -> None:
    assert after(steady(-40, 10), steady(-75, 3)).common[0] == pytest.approx(-75, abs=1)


def test_a_fan_that_starts_is_the_room_in_three_seconds() -> None:
    assert after(steady(-70, 10), steady(-35, 3)).common[0] == pytest.approx(-35, abs=1)


def test_a_word_does_not_move_it() -> None:
    before, word = steady(-60, 10), steady(-25, 0.6)

    assert after(before, word).ceiling == pytest.approx(after(before).ceiling)


def test_a_number_of_words_spoken_in_a_row_does_not_move_it() -> None:
    before, word, pause = steady(-60, 10), steady(-25, 0.4), steady(-60, 0.25)

    assert after(before, *[word, pause] * 3).ceiling == pytest.approx(after(before).ceiling)


def test_while_a_sound_is_open_it_counts_half() -> None:
    before, sound = steady(-60, 10), steady(-25, 1.6)

    assert after(before, sound).ceiling[0] > -30
    floor = after(before)
    hear(floor, sound, open_=True)
    assert floor.ceiling[0] < -50


def test_steady_noise_stays_below_the_ceiling_nearly_always() -> None:
    levels = np.random.default_rng(1).normal(-50, 1.0, (1600, 1)).astype(np.float32)

    assert -50 < after(levels).ceiling[0] < -48


def test_bursts_that_come_and_go_raise_the_ceiling_above_them() -> None:
    bursts = [steady(-60, 0.3), steady(-40, 0.3)] * 10

    assert after(*bursts).ceiling[0] > -40


def test_digital_silence_does_not_pull_it_out_of_reach() -> None:
    assert after(steady(-120, 20)).common[0] == pytest.approx(LOWEST_DBFS, abs=1)


def test_each_band_has_a_ceiling_of_its_own() -> None:
    floor = NoiseFloor(bands=2, windows_per_s=WINDOWS_PER_S)

    for _ in range(800):
        floor.update(np.tile(np.array([-30.0, -70.0], np.float32), (UPDATE, 1)), [False] * UPDATE)

    assert floor.ceiling == pytest.approx([-28.5, -68.5], abs=1)
