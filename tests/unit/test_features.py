"""The reduced spectrogram."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.features import ARTICLE, BANDS, FRAMES, FeatureSettings, reduced_spectrogram
from digitd.messages import Float32
from fakes import room_noise

MEL = FeatureSettings()


def tone(frequency_hz: float, seconds: float = 0.4, rate_hz: int = 16_000) -> Float32:
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return (0.1 * np.sin(2 * np.pi * frequency_hz * times_s)).astype(np.float32)


def loudest_row(picture: Float32, frame: int) -> int:
    return int(np.argmax(picture[:, frame]))


def test_high_sounds_are_at_the_top_and_late_sounds_at_the_right() -> None:
    rising = np.concatenate([tone(300), tone(3000)])

    picture = reduced_spectrogram(rising, MEL)

    assert loudest_row(picture, 10) > loudest_row(picture, 40)


@pytest.mark.parametrize("settings", [MEL, ARTICLE], ids=["mel", "article"])
@given(length=st.integers(0, 30_000), seed=st.integers(0, 9))
def test_any_length_fills_the_picture(settings: FeatureSettings, length: int, seed: int) -> None:
    samples = room_noise(2, -30, 16_000, seed)[:length]

    picture = reduced_spectrogram(samples, settings)

    assert picture.shape == (BANDS, FRAMES)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()


def test_loudness_does_not_matter() -> None:
    noise = room_noise(0.5, -30, 16_000)

    quiet, loud = (reduced_spectrogram(noise * np.float32(gain), MEL) for gain in (0.1, 1.0))

    assert np.allclose(quiet, loud, atol=0.01)


def test_the_colour_of_the_microphone_does_not_matter() -> None:
    noise = room_noise(0.5, -30, 16_000)
    noise[:4000] *= 0.03
    brighter = np.append(noise[0], noise[1:] - np.float32(0.6) * noise[:-1])

    plain, coloured = (reduced_spectrogram(sound, MEL) for sound in (noise, brighter))

    assert np.corrcoef(plain.ravel(), coloured.ravel())[0, 1] > 0.97


def test_a_telephone_and_a_wide_band_microphone_look_alike() -> None:
    word = room_noise(0.5, -30, 16_000) * np.hanning(8000).astype(np.float32)
    spectrum = np.fft.rfft(word)
    spectrum[2000:] = 0  # 4 kHz
    narrow = np.fft.irfft(spectrum, 8000).astype(np.float32)

    wide_picture, narrow_picture = (reduced_spectrogram(sound, MEL) for sound in (word, narrow))

    assert np.corrcoef(wide_picture.ravel(), narrow_picture.ravel())[0, 1] > 0.98


@pytest.mark.parametrize("settings", [MEL, ARTICLE], ids=["mel", "article"])
def test_silence_gives_a_picture_too(settings: FeatureSettings) -> None:
    assert np.isfinite(reduced_spectrogram(np.zeros(8000, np.float32), settings)).all()


def test_a_band_above_half_the_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="rate_hz / 2"):
        replace(MEL, rate_hz=8000, highest_hz=5000.0)
