"""The latest samples, by position in the stream."""

import numpy as np

from digitd.messages import Float32


class Tape:
    """Grows at its end and is forgotten from its front.

    Samples are moved only when the room behind them is used up, so that holding seconds costs no more
    than holding milliseconds.

    Attributes:
        start: Position of the first sample that is held.
        end: Position after the last one.
    """

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self._room = np.empty(0, np.float32)
        self._room_start = start

    def append(self, samples: Float32) -> None:
        """Hold more samples, shape (n,), at the end."""
        end = self.end + len(samples)
        if end - self._room_start > len(self._room):
            self._move(end - self.start)
        self._room[self.end - self._room_start : end - self._room_start] = samples
        self.end = end

    def cut(self, start: int, end: int) -> Float32:
        """Copy what is held from `start` up to but not including `end`."""
        first, last = max(start, self.start), min(end, self.end)
        return self._room[first - self._room_start : max(last, first) - self._room_start].copy()

    def forget_before(self, position: int) -> None:
        """Let go of what lies before a position."""
        self.start = min(max(position, self.start), self.end)

    def _move(self, held: int) -> None:
        moved = np.empty(2 * held, np.float32)
        kept = self.cut(self.start, self.end)
        moved[: len(kept)] = kept
        self._room, self._room_start = moved, self.start
