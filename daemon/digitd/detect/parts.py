"""Stretches of a long sound that may each be a word: cut where its level has a valley."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from digitd.messages import Float32, Utterance

PRE_ROLL_S, POST_ROLL_S = 0.03, 0.02
"""Kept around a part where another one touches it: half of what a whole utterance has."""

SMOOTHED = 5
"""Windows that a level is averaged over: the dips between two pulses of a voice are no valleys."""

MOST = 5
"""So many pieces between two valleys make at most one part: "six" and "eight" have a closure in them."""

BEFORE, AFTER, APART = 64, 20, 3
"""A part is compared with so many windows before and after it, but for those next to it: 0.4 and 0.125 s."""

LOUDEST = 12
"""What is loudest is the mean of so many windows, 75 ms: a vowel, not a click."""

LEAST_POWER = 1e-12
"""Of digital silence, full scale 1."""


@dataclass(frozen=True, slots=True)
class PartLimits:
    """When a stretch is worth looking at, in windows and decibels; see `SegmenterSettings`.

    Attributes:
        valley_db: A valley lies so far below the peaks on both sides of it.
        stands_out_db: The loudest of a part is so far above the loudest of what is around it.
        shortest: Anything shorter is a click.
        longest: Anything longer is no keyword.
    """

    valley_db: float
    stands_out_db: float
    shortest: int
    longest: int


class LongSound:
    """The windows of the sound that is open, and which of its parts have been told of already.

    However long it goes on, little more is held than a part can reach back.
    """

    def __init__(self, limits: PartLimits) -> None:
        self._limits = limits
        self.begin(0)

    @property
    def start(self) -> int:
        """First window that a part still to come can begin at."""
        return self._start

    def begin(self, window: int) -> None:
        """Forget the sound before; a new one begins at a window."""
        self._first = self._start = self._told = window
        self._levels: list[Float32] = []
        self._above_db: list[float] = []

    def add(self, level: Float32, above_db: float) -> None:
        """Take the next window: its bands, dBFS, and how far the loudest of them is above the room."""
        self._levels.append(level)
        self._above_db.append(above_db)

    def parts(self, end: int | None = None) -> tuple[tuple[int, int], ...]:
        """Return the parts not told of yet, as windows.

        Args:
            end: Where the sound is over; None where it goes on, so that what is last in it is not whole.
        """
        begin = self._start - self._first
        above_db = smoothed(self._above_db)
        heard_db = above_db[begin : None if end is None else end - self._first]
        edges = [begin, *(begin + at for at in valleys(heard_db.tolist(), self._limits.valley_db))]
        if end is not None:
            edges.append(end - self._first)
        spans = [
            (self._first + first, self._first + last)
            for first, last in stretches(edges, self._power(), self._limits)
        ]
        fresh = tuple(span for span in spans if span[1] > self._told)
        self._told = self._first + edges[-1]
        self._forget(above_db, edges)
        return fresh

    def _power(self) -> Float32:
        """Power of each window, all bands together."""
        power: Float32 = np.add.reduce(10 ** (np.array(self._levels) / 10), axis=1)
        return power

    def _forget(self, above_db: Float32, edges: Sequence[int]) -> None:
        """Go on from the first valley that a part can still reach back to, or from what is quietest there."""
        earliest = max(len(above_db) - self._limits.longest, 0)
        later = [edge for edge in edges if edge >= earliest]
        self._start = self._first + (later[0] if later else earliest + int(above_db[earliest:].argmin()))
        old = max(self._start - BEFORE - self._first, 0)
        del self._levels[:old], self._above_db[:old]
        self._first += old


def valleys(levels_db: Sequence[float], depth_db: float) -> list[int]:
    """Return where a level is lowest between two peaks that both rise so far above it."""
    found: list[int] = []
    rising, extreme, at = True, -np.inf, 0
    for window, level_db in enumerate(levels_db):
        beyond_db = level_db - extreme if rising else extreme - level_db
        if beyond_db > 0:
            extreme, at = level_db, window
        elif beyond_db < -depth_db:
            if not rising:
                found.append(at)
            rising, extreme, at = not rising, level_db, window
    return found


def stretches(edges: Sequence[int], power: Float32, limits: PartLimits) -> Iterator[tuple[int, int]]:
    """Yield every stretch from one edge to another that is as long as a word and stands out."""
    for at, first in enumerate(edges):
        for last in edges[at + 1 : at + 1 + MOST]:
            if not limits.shortest <= last - first <= limits.longest:
                continue
            if _stands_out_db(power, first, last) >= limits.stands_out_db:
                yield first, last


def part(whole: Utterance, onset: int, offset: int, rate_hz: int) -> Utterance:
    """Return a part of an utterance as an utterance of its own; the samples are not copied.

    Args:
        whole: That it is a part of.
        onset: The part's first sample.
        offset: The first sample after it.
        rate_hz: Sampling rate.
    """
    around = whole.surroundings
    pre_roll, post_roll = (round(roll_s * rate_hz) for roll_s in (PRE_ROLL_S, POST_ROLL_S))
    start = whole.start if onset == whole.onset else max(onset - pre_roll, around.start)
    end = whole.start + len(whole.samples) if offset == whole.offset else offset + post_roll
    samples = around.samples[start - around.start : end - around.start]
    power = float(np.mean(np.square(samples)))
    return replace(
        whole,
        start=start,
        samples=samples,
        onset=onset,
        offset=offset,
        level_dbfs=10 * math.log10(power + LEAST_POWER),
        too_long=False,
        parts=(),
        is_part=True,
    )


def smoothed(levels_db: Sequence[float] | Float32) -> Float32:
    """Average a level over a few windows."""
    padded = np.pad(np.array(levels_db, np.float32), SMOOTHED // 2, mode="edge")
    averaged: Float32 = np.convolve(padded, np.full(SMOOTHED, 1 / SMOOTHED, np.float32), "valid")
    return averaged


def _stands_out_db(power: Float32, first: int, last: int) -> float:
    """How far the loudest of a stretch is above the loudest around it; before the sound is the room."""
    around = np.concatenate(
        [
            power[max(first - BEFORE, 0) : max(first - APART, 0)],
            power[last + APART : last + APART + AFTER],
            np.full(LOUDEST, LEAST_POWER, np.float32),
        ]
    )
    return 10 * math.log10(loudest(power[first:last]) / loudest(around))


def loudest(power: Float32) -> float:
    """Return the mean power of the loudest windows."""
    return float(np.sort(power)[-LOUDEST:].mean())
