"""A sound cut wherever one digit may end and the next begin: at valleys of its level, and where it changes.

That is far too often, on purpose: which of the cuts count is for `rows` to say.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from digitd.detect.parts import loudest, smoothed, valleys
from digitd.messages import Float32, Piece

VALLEY_DB = 2.0
"""A valley is so far below the peaks on both sides. Of the borders between digits in AN4's training strings
73 % lie within 50 ms of such a valley, 95 % of a valley or a change; a second has twelve of those."""

CHANGE, CHANGE_DB = 8, 1.5
"""The spectrum changes where the mean of so many windows, 50 ms, differs from that of as many before; a peak
of that difference, averaged over the bands, rises so far above what is on both sides of it."""

CLOSE = 5
"""Two cuts are so many windows apart; of two that are closer the valley counts, else the earlier one."""

KEPT = 220
"""So many windows of a sound that goes on are kept, 1.4 s: more than two digits."""


class SoundInPieces:
    """The windows of the sound that is open, however long it goes on no more than can be asked for again."""

    def __init__(self) -> None:
        self.begin(0)

    @property
    def start(self) -> int:
        """First window that a piece still to come can begin at."""
        return self._start

    def begin(self, window: int) -> None:
        """Forget the sound before; a new one begins at a window."""
        self._start = window
        self._levels: list[Float32] = []
        self._rooms: list[Float32] = []

    def add(self, level: Float32, room: Float32) -> None:
        """Take the next window: its bands, and those of the room, dBFS."""
        self._levels.append(level)
        self._rooms.append(room)

    def pieces(self, end: int | None = None) -> tuple[Piece, ...]:
        """Return the pieces, as windows; they adjoin one another.

        Args:
            end: Where the sound is over; None where it goes on, so that what is last in it is not whole.
        """
        last = None if end is None else end - self._start
        levels = np.array(self._levels[:last])
        found = cuts(levels - np.array(self._rooms[:last]))
        edges = [0, *found] if last is None else [0, *found, last]
        power = np.add.reduce(10 ** (levels / 10), axis=1)
        pieces = tuple(
            Piece(self._start + first, self._start + after, 10 * math.log10(loudest(power[first:after])))
            for first, after in pairwise(edges)
        )
        self._forget(edges)
        return pieces

    def _forget(self, edges: Sequence[int]) -> None:
        """Go on from the first cut that is young enough."""
        oldest = len(self._levels) - KEPT
        old = next((edge for edge in edges if edge >= oldest), max(oldest, 0))
        del self._levels[:old], self._rooms[:old]
        self._start += old


def cuts(above_db: Float32) -> list[int]:
    """Return where to cut, in windows.

    Args:
        above_db: How far each band is above the room, shape (windows, bands).
    """
    if not len(above_db):
        return []
    level_db = smoothed(above_db.max(axis=1))
    quietest = valleys(level_db.tolist(), VALLEY_DB)
    changes = valleys((-changes_db(above_db.clip(0))).tolist(), CHANGE_DB)
    return sorted(_apart([*quietest, *changes], len(above_db)))


def changes_db(above_db: Float32) -> Float32:
    """How much the spectrum changes at each window, mean over the bands, shape (windows,)."""
    if len(above_db) < 2 * CHANGE:
        return np.zeros(len(above_db), np.float32)
    total = np.pad(above_db.cumsum(axis=0), ((1, 0), (0, 0)))
    means = (total[CHANGE:] - total[:-CHANGE]) / CHANGE
    inside = np.abs(means[CHANGE:] - means[:-CHANGE]).mean(axis=1)
    changes: Float32 = np.pad(inside, (CHANGE, CHANGE - 1))
    return changes


def _apart(windows: Iterable[int], end: int) -> list[int]:
    kept = [0, end]
    for window in windows:
        if all(abs(window - other) >= CLOSE for other in kept):
            kept.append(window)
    return kept[2:]
