"""Sound drawn as it comes: its level, and the columns of a coarse spectrogram. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from digitd.messages import Float32
from digitd.monitor.tap import Sound

COLUMNS_PER_S: Final = 50
BANDS: Final = 64
WINDOW_S: Final = 0.032
LOWEST_HZ: Final = 60.0
"""What the detector hears begins here."""

DARKEST_DBFS, BRIGHTEST_DBFS = -110.0, -20.0
"""Power of a band between these is told in 255 steps of a third of a decibel."""

LEAST_POWER: Final = 1e-12


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds an array
class Strip:
    """Columns in a row.

    Attributes:
        start: Index of the sample that the first column begins with.
        levels_dbfs: Mean power during each, shape (n,).
        columns: Power in each band from low to high, 0 to 255, shape (n, bands).
    """

    start: int
    levels_dbfs: Float32
    columns: np.ndarray[tuple[int, int], np.dtype[np.uint8]]


class Painter:
    """Cuts sound into columns of fixed length, whatever the blocks' size; a gap begins anew.

    Args:
        rate_hz: The rate of the audio.

    Attributes:
        hop: Samples in a column.
    """

    def __init__(self, rate_hz: int) -> None:
        self.hop = rate_hz // COLUMNS_PER_S
        self._window = round(WINDOW_S * rate_hz)
        self._taper = np.hanning(self._window).astype(np.float32)
        self._filters = _filters(rate_hz, self._window)
        self._rest = np.empty(0, np.float32)
        self._start = 0
        self._end = -1

    def draw(self, sound: Sound) -> Strip | None:
        """Take more sound; return the columns that it completes, None where there are none."""
        if sound.start != self._end:
            self._rest = self._rest[:0]
            # The filter keeps up to a window of the detector back: by so much it may be too late.
            self._start = sound.end - len(sound.samples)
        self._end = sound.end
        self._rest = np.concatenate([self._rest, sound.samples])
        count = (len(self._rest) - self._window) // self.hop + 1
        if count < 1:
            return None
        frames = np.lib.stride_tricks.sliding_window_view(self._rest, self._window)[:: self.hop][:count]
        start = self._start + (self._window - self.hop) // 2
        strip = Strip(start, _decibels(np.square(frames).mean(axis=1)), self._columns(frames))
        self._rest = self._rest[count * self.hop :]
        self._start += count * self.hop
        return strip

    def _columns(self, frames: Float32) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        power = np.square(np.abs(np.fft.rfft(frames * self._taper))) / np.square(self._taper.sum() / 2)
        levels_dbfs = _decibels((power @ self._filters).astype(np.float32))
        steps = 255 * (levels_dbfs - DARKEST_DBFS) / (BRIGHTEST_DBFS - DARKEST_DBFS)
        return steps.clip(0, 255).astype(np.uint8)


def joined(sounds: Sequence[Sound]) -> list[Sound]:
    """Join blocks that follow one another; the latest tells what the detector compared them with."""
    runs: list[list[Sound]] = []
    for sound in sounds:
        if runs and runs[-1][-1].end == sound.start and runs[-1][-1].shown == sound.shown:
            runs[-1].append(sound)
            continue
        runs.append([sound])
    return [
        replace(run[-1], start=run[0].start, samples=np.concatenate([sound.samples for sound in run]))
        for run in runs
    ]


def _decibels(power: Float32) -> Float32:
    levels: Float32 = 10 * np.log10(power + np.float32(LEAST_POWER))
    return levels


def _filters(rate_hz: int, window: int) -> Float32:
    """Triangles evenly spaced in mel, none narrower than a bin; shape (bins, bands), low ones first."""
    lowest, highest = (2595 * np.log10(1 + hz / 700) for hz in (LOWEST_HZ, rate_hz / 2))
    edges_hz = 700 * (10 ** (np.linspace(lowest, highest, BANDS + 2) / 2595) - 1)
    bins_hz = np.arange(window // 2 + 1)[:, None] * rate_hz / window
    widths_hz = np.maximum(np.diff(edges_hz)[:-1], rate_hz / window)
    triangles = np.maximum(1 - np.abs(bins_hz - edges_hz[1:-1]) / widths_hz, 0)
    filters: Float32 = (triangles / triangles.sum(axis=0)).astype(np.float32)
    return filters
