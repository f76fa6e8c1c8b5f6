"""Claps, knocks, clicks and coughs, which no corpus here has: synthetic, and rough. Pure, as `augment`."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

from digitd.messages import Float32, Float64
from digitd_training.augment import Generator

MOST_IN_A_ROW: Final = 4
LEAD_S: Final = 0.03
"""Quiet before it, so that a fade at the beginning of a clip does not take its attack."""


def sudden(rng: Generator, rate_hz: int) -> Float32:
    """Return one kind of sound, once or some times in a row, peak 1, shape (n,)."""
    make = _KINDS[int(rng.integers(len(_KINDS)))]
    pieces: list[Float64] = [np.zeros(round(LEAD_S * rate_hz))]
    for _ in range(int(rng.integers(1, MOST_IN_A_ROW + 1))):
        pieces += [
            make(rng, rate_hz) * rng.uniform(0.5, 1),
            np.zeros(round(rng.uniform(0.04, 0.4) * rate_hz)),
        ]
    sound = np.concatenate(pieces)
    return _peak_1(sound).astype(np.float32)


def clap(rng: Generator, rate_hz: int) -> Float64:
    """Two hands: a few bursts of noise within 20 ms, coloured by the hollow between them (Repp, 1987)."""
    length = round(0.15 * rate_hz)
    bursts = np.zeros(length)
    for _ in range(int(rng.integers(1, 5))):
        at = int(rng.integers(1, round(0.02 * rate_hz)))
        bursts[at:] += rng.uniform(0.3, 1) * _burst(rng, length - at, rng.uniform(0.002, 0.025), rate_hz)
    middle_hz = rng.uniform(500, 2800)
    band_hz = [middle_hz / rng.uniform(1.5, 3), min(middle_hz * rng.uniform(1.5, 3), 0.49 * rate_hz)]
    clapped: Float64 = sosfilt(butter(2, band_hz, "bandpass", fs=rate_hz, output="sos"), bursts)
    return _peak_1(clapped)


def knock(rng: Generator, rate_hz: int) -> Float64:
    """A knuckle or a cup on wood: decaying modes of the board, and the click of what strikes it."""
    times_s = np.arange(round(rng.uniform(0.1, 0.3) * rate_hz)) / rate_hz
    modes_hz = rng.uniform(60, rng.uniform(400, 2500), int(rng.integers(2, 9)))
    struck = sum(
        rng.uniform(0.2, 1)
        * np.sin(2 * np.pi * mode_hz * times_s)
        * np.exp(-times_s / rng.uniform(0.008, 0.07))
        for mode_hz in modes_hz
    )
    clicked = rng.uniform(0, 0.6) * _burst(rng, len(times_s), rng.uniform(0.001, 0.006), rate_hz)
    return _peak_1(np.asarray(struck) + clicked)


def click(rng: Generator, rate_hz: int) -> Float64:
    """A switch or a key."""
    return _peak_1(_burst(rng, round(0.06 * rate_hz), rng.uniform(0.0005, 0.004), rate_hz))


def cough(rng: Generator, rate_hz: int) -> Float64:
    """An explosion, a noisy middle and often a voiced end, through a throat (Korpáš et al., 1996)."""
    explosion, middle = (round(rng.uniform(*span) * rate_hz) for span in ((0.03, 0.08), (0.08, 0.3)))
    loudness = np.concatenate(
        [
            np.linspace(0, 1, round(0.005 * rate_hz)),
            rng.uniform(0.2, 0.5) + 0.6 * np.exp(-np.arange(explosion) / (0.03 * rate_hz)),
            rng.uniform(0.2, 0.6) * np.exp(-np.arange(middle) / (rng.uniform(0.04, 0.12) * rate_hz)),
        ]
    )
    breath = rng.standard_normal(len(loudness))
    if rng.uniform() < 0.6:  # noqa: PLR2004 - voiced, more often than not
        pitch_hz = np.geomspace(rng.uniform(120, 400), rng.uniform(80, 200), len(loudness))
        pulses = np.diff(np.floor(np.cumsum(pitch_hz) / rate_hz), prepend=0.0)
        voiced = round(rng.uniform(0.3, 0.7) * len(loudness))
        breath[voiced:] = 0.4 * breath[voiced:] + 8 * pulses[voiced:]
    size = rng.uniform(0.8, 1.25)
    throat = sum(_resonance(breath, size * at_hz, rate_hz) for at_hz in (600, 1300, 2500, 3600))
    return _peak_1(loudness * np.asarray(throat))


_KINDS: Final[tuple[Callable[[Generator, int], Float64], ...]] = (clap, knock, knock, click, cough)
"""Knocks twice: of all these only they were ever taken for a digit."""


def _burst(rng: Generator, length: int, decay_s: float, rate_hz: int) -> Float64:
    burst: Float64 = rng.standard_normal(length) * np.exp(-np.arange(length) / (decay_s * rate_hz))
    return burst


def _resonance(samples: Float64, at_hz: float, rate_hz: int) -> Float64:
    radius = np.exp(-np.pi * (50 + 0.1 * at_hz) / rate_hz)
    poles = [1.0, -2 * radius * np.cos(2 * np.pi * at_hz / rate_hz), radius**2]
    resounding: Float64 = lfilter([1 - radius], poles, samples)
    return resounding


def _peak_1(samples: Float64) -> Float64:
    scaled: Float64 = samples / np.abs(samples).max()
    return scaled
