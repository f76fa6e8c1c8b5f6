"""How loud each band of the spectrum is, window by window: a voice may stand out in one of them alone."""

import math
from collections.abc import Sequence

import numpy as np

from digitd.messages import Float32

EDGES_HZ = (60, 400, 800, 1500, 2500, 4000, 8000)
"""About equal steps for the ear: most of a fan is in the lowest, of a hiss in the highest, vowels between."""

SILENT = 1e-12
"""Power of -120 dBFS; digital silence has no logarithm."""


class BandLevels:
    """Measures windows, each together with the one before it, so that Hann's frame has no seams.

    Args:
        rate_hz: Sampling rate.
        window: Samples in a window.

    Attributes:
        count: How many bands there are below half the sampling rate.
    """

    def __init__(self, rate_hz: int, window: int) -> None:
        self._before = np.zeros((1, window), np.float32)
        taper = np.hanning(2 * window + 1)[:-1]
        # Twice, for the negative frequencies: a sound has the sum of its bands' powers as its own.
        self._taper = (taper / np.sqrt(np.square(taper).sum() * window)).astype(np.float32)
        edges = np.searchsorted(np.fft.rfftfreq(2 * window, 1 / rate_hz), EDGES_HZ, side="right")
        self._end = edges[-1]
        self._firsts = edges[edges < self._end]
        self.count = len(self._firsts)

    def feed(self, windows: Float32) -> Float32:
        """Take more windows, shape (n, window); return their power by band, dBFS, shape (n, bands)."""
        earlier = np.concatenate([self._before, windows])
        self._before = earlier[-1:]
        frames = np.concatenate([earlier[:-1], windows], axis=1)
        power = np.square(np.abs(np.fft.rfft(frames * self._taper)))
        power[:, -1] /= 2  # half the sampling rate is its own negative
        # Not a product of matrices: BLAS would round differently for different numbers of windows.
        bands = np.add.reduceat(power[:, : self._end], self._firsts, axis=1)
        levels: Float32 = 10 * np.log10(bands + np.float32(SILENT))
        return levels


def together_dbfs(levels_dbfs: Sequence[float]) -> float:
    """Add up the power of bands."""
    return 10 * math.log10(sum(10 ** (level_dbfs / 10) for level_dbfs in levels_dbfs))
