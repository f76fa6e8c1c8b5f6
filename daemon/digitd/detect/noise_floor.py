"""What the room sounds like when nobody speaks, band by band."""

import math
from collections.abc import Sequence

import numpy as np

from digitd.messages import Float32

START_DBFS = -60.0
"""A quiet room behind an ordinary microphone: what is believed of a room before it has been heard."""

START_S = 2.0
"""So much of such a room is taken as heard: a recording may begin with a word, even with the longest."""

MEMORY_S = 3.0
"""What is so old counts for a third of what is new: a fan that starts is the room after about as long."""

COMMON, RARE = 0.40, 0.65
"""Shares of the time that the room stays below its common and its rare level. Three words in a row stay
above the second for less than a third of the memory; bursts of noise that come and go do so for longer."""

LEAST_SPREAD_DB, GREATEST_SPREAD_DB = 1.0, 10.0
"""Even steady noise varies from window to window; a room that has just changed is not as wild as it looks."""

LOWEST_DBFS, BINS = -90.0, 90
"""The levels that are told apart, one decibel each. 16-bit audio ends at the lowest: digital silence must not
pull the floor out of reach."""

SPEECH_COUNTS = 0.5
"""While a sound is open it is probably speech, but may be noise that comes and goes: half is believed."""


class NoiseFloor:
    """How often each level of each band was heard of late; older time counts less and less.

    The distribution, not its lowest values, says what a word has to stand out from: music, rain and talk
    have quiet moments too (compare R. Martin's minimum statistics, 2001).

    Attributes:
        common: Levels that each band has most often, dBFS, shape (bands,).
        ceiling: Levels that each rarely exceeds, dBFS, shape (bands,).

    Args:
        bands: Their number.
        windows_per_s: How many windows make a second.
    """

    def __init__(self, bands: int, windows_per_s: float) -> None:
        self._windows_per_s = windows_per_s
        self._heard_s = np.zeros((bands, BINS))
        self._first_bins = np.arange(bands) * BINS
        start_dbfs = START_DBFS - 10 * math.log10(bands)
        self._heard_s[:, round(start_dbfs - LOWEST_DBFS)] = START_S
        self._measure()

    def update(self, levels: Float32, open_: Sequence[bool]) -> None:
        """Take more windows into account.

        Args:
            levels: Shape (n, bands), dBFS.
            open_: Of each, whether it belongs to a sound that is open.
        """
        bins = (levels - LOWEST_DBFS).clip(0, BINS - 1).astype(np.intp) + self._first_bins
        counts_s = np.where(open_, SPEECH_COUNTS, 1.0) / self._windows_per_s
        weights = np.repeat(counts_s, len(self._first_bins))
        fresh_s = np.bincount(bins.ravel(), weights, minlength=self._heard_s.size)
        self._heard_s *= math.exp(-len(levels) / (MEMORY_S * self._windows_per_s))
        self._heard_s += fresh_s.reshape(self._heard_s.shape)
        self._measure()

    def _measure(self) -> None:
        heard_s = self._heard_s.cumsum(axis=1)
        all_s = heard_s[:, -1:]
        self.common, rare = (
            np.add.reduce(heard_s < share * all_s, axis=1) + (LOWEST_DBFS + 0.5) for share in (COMMON, RARE)
        )
        spread_db = (rare - self.common).clip(LEAST_SPREAD_DB, GREATEST_SPREAD_DB)
        self.ceiling = rare + spread_db
