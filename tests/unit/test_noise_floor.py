"""The tracked noise floor."""

import numpy as np

from digitd.detect.noise_floor import LOWEST_DBFS, NoiseFloor

WINDOWS_PER_S = 160


def after(levels_dbfs: list[float]) -> float:
    floor = NoiseFloor(WINDOWS_PER_S)
    for level_dbfs in levels_dbfs:
        floor.update(level_dbfs)
    return floor.dbfs


def test_a_quieter_room_is_known_within_half_a_second() -> None:
    assert after([-75.0] * 80) < -74


def test_a_word_hardly_moves_it() -> None:
    assert after([-60.0] * 160 + [-25.0] * 80) < -57


def test_a_fan_is_followed_in_ten_seconds() -> None:
    assert after([-60.0] * 160 + [-35.0] * 1600) == -35


def test_it_settles_within_two_decibels_of_a_steady_rooms_mean() -> None:
    levels = np.random.default_rng(1).normal(-50, 1.0, 1600).tolist()

    assert -52 < after(levels) < -49


def test_digital_silence_does_not_pull_it_out_of_reach() -> None:
    assert after([-120.0] * 1000) == LOWEST_DBFS
