"""The reduced spectrogram: an utterance as a small picture, 34 bands high and 50 frames wide. Pure NumPy.

However long the utterance, it fills the picture, as in the article: the frames lie evenly between its ends.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta

from digitd.messages import Float32

BANDS = 34
FRAMES = 50

PIXELS = 100
"""The article draws 100 rows of pixels and 150 columns, then averages blocks of 3 by 3; the 34th row is
one row of pixels and two of zeros."""

VIRIDIS_LUMINANCE = (
    *(0.0, 0.093, 0.167, 0.227, 0.276, 0.317, 0.356, 0.395, 0.432),
    *(0.471, 0.528, 0.6, 0.68, 0.761, 0.838, 0.912, 1.0),
)
"""Grey value of matplotlib's colour map from its lower to its upper end, evenly spaced."""

LEAST_POWER = 1e-12
"""Keeps the logarithm of digital silence finite; far below the noise of any microphone."""


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """How the picture is drawn. Travels in the model file, for training and daemon alike.

    Attributes:
        picture: `mel` has bands as the ear spaces them, and takes from each its mean over the utterance,
            which takes away the colour of microphone and room. `article` is the article's picture: linear
            frequency, log power scaled to 0..1, in the grey of matplotlib's colours; of the further settings
            it uses the window alone.
        rate_hz: Sampling rate of the audio.
        window_ms: Length of the Hann window.
        lowest_hz: Lower edge of the lowest band.
        highest_hz: Upper edge of the highest band.
        range_db: What lies further below the loudest point is raised to there.
    """

    picture: Literal["mel", "article"] = "mel"
    rate_hz: Annotated[int, Meta(ge=8000, le=48_000)] = 16_000
    window_ms: Annotated[float, Meta(ge=4, le=128)] = 32.0
    lowest_hz: Annotated[float, Meta(ge=0)] = 80.0
    highest_hz: Annotated[float, Meta(gt=0)] = 4000.0
    range_db: Annotated[float, Meta(ge=10, le=200)] = 60.0

    def __post_init__(self) -> None:
        if not self.lowest_hz < self.highest_hz <= self.rate_hz / 2:
            raise ValueError("lowest_hz < highest_hz <= rate_hz / 2 must hold")

    @property
    def window(self) -> int:
        """Length of the window in samples."""
        return round(self.window_ms * self.rate_hz / 1000)


ARTICLE = FeatureSettings(picture="article", rate_hz=8000, window_ms=64.0, lowest_hz=0.0)
"""matplotlib's specgram with NFFT 512 and noverlap 511 at 8 kHz."""


def reduced_spectrogram(samples: Float32, settings: FeatureSettings) -> Float32:
    """Draw an utterance.

    Args:
        samples: The utterance, shape (n,), full scale is ±1.0.
        settings: How to draw it.

    Returns:
        The picture, shape (34, 50); row 0 is the highest band. `mel` lies within about ±4, `article` in 0..1.
    """
    if settings.picture == "article":
        return _article(samples, settings)
    return _mel(samples, settings)


def _mel(samples: Float32, settings: FeatureSettings) -> Float32:
    power = _mel_filters(settings) @ _power(samples, settings.window, FRAMES)
    decibels = 10 * np.log10(np.maximum(power, LEAST_POWER))
    decibels = np.maximum(decibels, decibels.max() - settings.range_db)
    centred: Float32 = decibels - decibels.mean(axis=1, keepdims=True)
    return centred / np.float32(max(float(centred.std()), 1.0))


def _article(samples: Float32, settings: FeatureSettings) -> Float32:
    power = _power(samples, settings.window, 3 * FRAMES)
    decibels = 10 * np.log10(np.maximum(power, LEAST_POWER))
    decibels = decibels.reshape(len(power), FRAMES, 3).mean(axis=2)
    grey = np.interp(_unit(decibels), np.linspace(0, 1, len(VIRIDIS_LUMINANCE)), VIRIDIS_LUMINANCE)
    return thirds(_unit(_rows(len(power)) @ grey.astype(np.float32)))


def thirds(pixels: Float32) -> Float32:
    """Average rows by three, shape (100, 50) to (34, 50); the last two of 102 are missing and count as 0."""
    padded = np.pad(pixels, ((0, 3 * BANDS - PIXELS), (0, 0)))
    picture: Float32 = padded.reshape(BANDS, 3, FRAMES).mean(axis=1)
    return picture


def _unit(values: Float32) -> Float32:
    """Scale to 0..1."""
    lowest, highest = float(values.min()), float(values.max())
    return (values - np.float32(lowest)) / np.float32(max(highest - lowest, LEAST_POWER))


def _power(samples: Float32, window: int, frames: int) -> Float32:
    """Power spectra of windows evenly spaced over the utterance, shape (window // 2 + 1, frames)."""
    samples = np.pad(samples, (0, max(window - len(samples), 0)))
    starts = np.linspace(0, len(samples) - window, frames).round().astype(int)
    framed = np.lib.stride_tricks.sliding_window_view(samples, window)[starts]
    spectra = np.fft.rfft(framed * np.hanning(window).astype(np.float32), axis=1)
    return np.square(np.abs(spectra)).T.astype(np.float32)


@lru_cache(maxsize=4)
def _mel_filters(settings: FeatureSettings) -> Float32:
    """Triangles evenly spaced in mel, shape (34, window // 2 + 1), row 0 the highest.

    Mel as in HTK, 2595 log10(1 + f / 700), S. S. Stevens's scale in D. O'Shaughnessy's form.
    """
    edges_mel = np.linspace(_mel_of(settings.lowest_hz), _mel_of(settings.highest_hz), BANDS + 2)
    edges_hz = 700 * (10 ** (edges_mel / 2595) - 1)
    bins_hz = np.arange(settings.window // 2 + 1) * settings.rate_hz / settings.window
    lower, centre, upper = (edges_hz[at : at + BANDS, None] for at in range(3))
    triangles = np.minimum((bins_hz - lower) / (centre - lower), (upper - bins_hz) / (upper - centre))
    return np.ascontiguousarray(np.maximum(triangles, 0)[::-1], np.float32)


def _mel_of(frequency_hz: float) -> float:
    return float(2595 * np.log10(1 + frequency_hz / 700))


@lru_cache(maxsize=4)
def _rows(bins: int) -> Float32:
    """How much of each frequency bin falls into each row of pixels, shape (100, bins), row 0 the highest."""
    edges = np.linspace(0, bins, PIXELS + 1)[:, None]
    covered = np.clip(
        np.minimum(edges[1:], np.arange(1, bins + 1)) - np.maximum(edges[:-1], np.arange(bins)), 0, 1
    )
    return np.ascontiguousarray((covered / covered.sum(axis=1, keepdims=True))[::-1], np.float32)
