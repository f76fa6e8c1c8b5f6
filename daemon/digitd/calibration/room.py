"""What a room sounds like, through its microphone, while nobody speaks."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitd.detect.adaptive import AdaptiveRule
from digitd.detect.bands import BandLevels, together_dbfs
from digitd.detect.conditioning import HighPass
from digitd.detect.noise_floor import START_S, NoiseFloor
from digitd.detect.segmenter import WINDOWS_PER_S
from digitd.messages import AudioBlock, Float32, Float64

STANDS_OUT_DB = 4.0

CLIPPED = 0.99

MAINS_HZ = (50.0, 60.0)
HARMONICS = 8
LINE_HZ = 1.5
"""Half the width of a spectral line: Hann's window over a second spreads it that far."""

BESIDE_HZ = 8.0
"""So far on either side of a line is looked at, to see whether it is one."""

LEAST_LINE_DB = 12.0
FEWEST_LINES = 2


@dataclass(frozen=True, slots=True)
class Hum:
    """Mains hum.

    Attributes:
        mains_hz: 50 or 60.
        level_dbfs: All its harmonics together.
        above_rest_db: The same above everything else that the room has.
    """

    mains_hz: float
    level_dbfs: float
    above_rest_db: float


@dataclass(frozen=True, slots=True)
class Room:
    """What a room sounds like while nobody speaks.

    Attributes:
        level_dbfs: Mean power, as the detector hears it.
        ceiling_dbfs: What it rarely exceeds, as the detector's noise floor has it.
        restless: Share of the windows in which a band stands out by `STANDS_OUT_DB` from what it rarely
            exceeds: 0.01 in steady noise, more where it comes and goes.
        dc: Mean of the samples, full scale is ±1.0.
        clipped: How many samples are at full scale.
        hum: None where it does not hum.
    """

    level_dbfs: float
    ceiling_dbfs: float
    restless: float
    dc: float
    clipped: int
    hum: Hum | None


def is_dead(samples: Float32) -> bool:
    """Whether a microphone gives one and the same value, zero or not: even a quiet room has some noise."""
    return float(samples.min()) == float(samples.max())


def measure_room(samples: Float32, rate_hz: int) -> Room:
    """Measure a room.

    Args:
        samples: As the microphone gave them, shape (n,), for 4 s at least: the detector's idea of a
            room that it has not heard counts for two.
        rate_hz: Their rate.
    """
    window = rate_hz // WINDOWS_PER_S
    conditioned = HighPass(rate_hz, window).feed(AudioBlock(0, samples)).samples
    levels = BandLevels(rate_hz, window).feed(conditioned.reshape(-1, window))
    above_db, ceiling = _standing_out(levels)
    return Room(
        level_dbfs=power_dbfs(conditioned),
        ceiling_dbfs=together_dbfs(ceiling),
        restless=float((above_db > STANDS_OUT_DB).mean()),
        dc=float(samples.mean()),
        clipped=int(np.count_nonzero(np.abs(samples) >= CLIPPED)),
        hum=_hum(samples, rate_hz),
    )


def power_dbfs(samples: Float32) -> float:
    """Mean power, decibels below full scale."""
    return float(10 * np.log10(np.square(samples, dtype=np.float64).mean() + 1e-12))


def _standing_out(levels: Float32) -> tuple[Float32, Sequence[float]]:
    """How far each window stands out from the room as the detector knew it then, once it knows it.

    Args:
        levels: Of each band, dBFS, shape (windows, bands).

    Returns:
        The loudest band's decibels above what that rarely exceeds, shape (windows,), and what each band
        rarely exceeds in the end.
    """
    floor = NoiseFloor(levels.shape[1], WINDOWS_PER_S)
    above_db = []
    for start in range(0, len(levels), AdaptiveRule.UPDATE):
        some = levels[start : start + AdaptiveRule.UPDATE]
        above_db.append((some - floor.ceiling).max(axis=1))
        floor.update(some, [False] * len(some))
    settled = round(START_S * WINDOWS_PER_S)
    return np.concatenate(above_db)[settled:], floor.ceiling.tolist()


def _hum(samples: Float32, rate_hz: int) -> Hum | None:
    power = _spectrum(samples, rate_hz)
    found = [hum for mains_hz in MAINS_HZ if (hum := _hum_of(power, mains_hz))]
    return max(found, key=lambda hum: hum.level_dbfs, default=None)


def _spectrum(samples: Float32, rate_hz: int) -> Float64:
    """Mean power by hertz, shape (rate_hz // 2 + 1,), of seconds that overlap by half."""
    taper = np.hanning(rate_hz)
    starts = range(0, len(samples) - rate_hz + 1, rate_hz // 2)
    centred = samples - samples.mean()
    spectra = [np.fft.rfft(centred[start : start + rate_hz] * taper) for start in starts]
    power: Float64 = 2 * np.square(np.abs(spectra)).mean(axis=0) / (rate_hz * np.square(taper).sum())
    return power


def _hum_of(power: Float64, mains_hz: float) -> Hum | None:
    """Add up the harmonics that are lines; one alone may be anything that whistles."""
    frequencies_hz = np.arange(len(power))
    total = 0.0
    lines = 0
    for harmonic in range(1, HARMONICS + 1):
        away_hz = np.abs(frequencies_hz - harmonic * mains_hz)
        line = power[away_hz <= LINE_HZ].sum()
        beside = np.median(power[(away_hz > LINE_HZ) & (away_hz <= BESIDE_HZ)])
        if line > 10 ** (LEAST_LINE_DB / 10) * 3 * beside:
            total += line
            lines += 1
    if lines < FEWEST_LINES:
        return None
    rest = power.sum() - total
    return Hum(mains_hz, float(10 * np.log10(total)), float(10 * np.log10(total / (rest + 1e-12))))
