"""What a rule for the ends of an utterance is. It counts in windows of samples, full scale 1.0."""

import math
from dataclasses import dataclass
from typing import Protocol

from digitd.messages import Float32, Piece

SILENCE_DBFS = -120.0


@dataclass(frozen=True, slots=True)
class Span:
    """An utterance in windows, `onset` up to but not including `offset`.

    Attributes:
        onset: First loud window.
        offset: First window after the last loud one.
        known: First window after the one that completed it.
        level_dbfs: Mean level of its windows.
        floor_dbfs: The noise floor when it opened.
        too_long: It was cut at the longest that is allowed.
        parts: Stretches of it that may be a word each.
        pieces: It, cut wherever one digit may end and the next begin, in windows.
    """

    onset: int
    offset: int
    known: int
    level_dbfs: float
    floor_dbfs: float
    too_long: bool = False
    parts: tuple[tuple[int, int], ...] = ()
    pieces: tuple[Piece, ...] = ()


class Rule(Protocol):
    """Decides window by window, however many come at once."""

    @property
    def earliest(self) -> int:
        """First window that a span still to come can begin at."""

    @property
    def onset_dbfs(self) -> float:
        """A window louder than this may be the beginning of a span, as things are now."""

    @property
    def floor_dbfs(self) -> float:
        """How loud the room is when nobody speaks, as things are now, in the same measure."""

    def feed(self, windows: Float32) -> list[Span]:
        """Take more windows, shape (n, samples of one); return the spans that they complete."""

    def flush(self) -> list[Span]:
        """Return the span that the end of the stream completes."""


def level_dbfs(magnitude: float) -> float:
    """Mean magnitude as decibels below full scale."""
    return 20 * math.log10(magnitude) if magnitude > 0 else SILENCE_DBFS
