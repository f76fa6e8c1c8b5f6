"""How loud each band is."""

import numpy as np
import pytest

from digitd.detect.bands import EDGES_HZ, BandLevels
from digitd.messages import Float32

RATE_HZ = 16000
WINDOW = 100


def levels(sound: Float32, rate_hz: int = RATE_HZ) -> Float32:
    window = rate_hz // 160
    return BandLevels(rate_hz, window).feed(sound.reshape(-1, window))


def tone(frequency_hz: float, amplitude: float) -> Float32:
    at_s = np.arange(RATE_HZ) / RATE_HZ
    return (amplitude * np.sin(2 * np.pi * frequency_hz * at_s)).astype(np.float32)


@pytest.mark.parametrize(("band", "frequency_hz"), [(0, 250), (1, 600), (2, 1100), (4, 3000), (5, 6000)])
def test_a_tone_is_in_its_band_with_its_power(band: int, frequency_hz: float) -> None:
    measured = levels(tone(frequency_hz, 0.1))[10]

    assert measured.argmax() == band
    assert measured[band] == pytest.approx(-23, abs=1)
    assert np.delete(measured, band).max() < -33


def test_all_bands_together_have_the_power_of_white_noise() -> None:
    noise = (0.01 * np.random.default_rng(1).standard_normal(4 * RATE_HZ)).astype(np.float32)

    together = 10 * np.log10(np.mean(np.sum(10 ** (levels(noise) / 10), axis=1)))

    assert together == pytest.approx(-40, abs=0.3)


def test_silence_has_a_level_too() -> None:
    assert levels(np.zeros(800, np.float32)).max() == pytest.approx(-120)


def test_a_rate_without_the_high_bands_has_fewer() -> None:
    assert BandLevels(16000, 100).count == len(EDGES_HZ) - 1
    assert BandLevels(8000, 50).count == len(EDGES_HZ) - 2


def test_it_does_not_matter_how_many_windows_come_at_once() -> None:
    windows = np.random.default_rng(2).standard_normal((50, WINDOW)).astype(np.float32)
    gauge = BandLevels(RATE_HZ, WINDOW)

    one_by_one = np.concatenate([gauge.feed(window[None]) for window in windows])

    assert np.array_equal(one_by_one, BandLevels(RATE_HZ, WINDOW).feed(windows))
