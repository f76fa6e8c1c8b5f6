"""The rule that follows the room: an utterance is what stands out from it, band by band."""

import math
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from digitd.detect.bands import BandLevels, together_dbfs
from digitd.detect.noise_floor import NoiseFloor
from digitd.detect.parts import LongSound, PartLimits
from digitd.detect.pieces import SoundInPieces
from digitd.detect.rules import Span
from digitd.messages import Float32, Piece


class _State(Enum):
    QUIET = auto()
    OPEN = auto()
    TOO_LONG = auto()
    """The sound has outlasted the longest utterance; only parts of it are told of until it pauses."""


@dataclass(frozen=True, slots=True)
class AdaptiveLimits:
    """The adaptive rule's settings, in windows and decibels; see `SegmenterSettings`."""

    onset_db: float
    offset_db: float
    quietest_dbfs: float
    onset_windows: int
    hang_over: int
    shortest: int
    longest: int
    windows_per_s: float
    parts_from: int
    parts: PartLimits
    pieces_from: int | None


class AdaptiveRule:
    """Loud is what stands out from the room in any band of the spectrum, with a lower bar once open.

    A loud window adds one to a count, a quiet one takes one away; more than `onset_windows` open. So a
    click does not, and a hoarse voice, whose windows between two pulses of the glottis are quiet, does.
    The onset is where that count last left zero. After `hang_over` quiet windows in a row the utterance
    ends where the last loud window ended. What lasts for `parts_from` may be more than one sound, and then
    is told of with its parts, and what lasts for `pieces_from` in pieces.

    Args:
        limits: The settings.
        bands: Measures windows.
    """

    UPDATE = 8
    """The room is measured anew after so many windows, counted from the beginning, not by block."""

    def __init__(self, limits: AdaptiveLimits, bands: BandLevels) -> None:
        self._limits = limits
        self._bands = bands
        self._quietest_dbfs = limits.quietest_dbfs - 10 * math.log10(bands.count)
        self._floor = NoiseFloor(bands.count, limits.windows_per_s)
        self._room = self._floor.ceiling.clip(self._quietest_dbfs)
        self._unlearned: list[Float32] = []
        self._opened: list[bool] = []
        self._state = _State.QUIET
        self._sound = LongSound(limits.parts)
        self._connected = SoundInPieces()
        self._next = 0
        self._count = 0
        self._onset = 0
        self._offset = 0
        self._opened_floor_dbfs = 0.0
        self._levels: list[Float32] = []

    @property
    def earliest(self) -> int:
        """First window that a span still to come can begin at."""
        if self._state is _State.QUIET and not self._count:
            return self._next
        return min(self._onset, self._sound.start, self._connected.start)

    @property
    def onset_dbfs(self) -> float:
        """What all bands together have when each is at its bar."""
        return together_dbfs(self._room.tolist()) + self._limits.onset_db

    @property
    def floor_dbfs(self) -> float:
        """What the room has most often, all bands together."""
        return together_dbfs(self._floor.common.tolist())

    def feed(self, windows: Float32) -> list[Span]:
        """Take more windows; return the spans that they complete."""
        levels = self._bands.feed(windows)
        spans = []
        while len(levels):
            some = levels[: self.UPDATE - len(self._opened)]
            spans += self._listen(some)
            levels = levels[len(some) :]
        return spans

    def flush(self) -> list[Span]:
        """Return the span that the end of the stream completes."""
        match self._state:
            case _State.QUIET:
                return []
            case _State.OPEN:
                self._offset += (
                    self._offset == self._next - 1
                )  # loud to the end: no frame comes that begins in it
                return self._close()
            case _State.TOO_LONG:
                return self._outlived()

    def _listen(self, levels: Float32) -> list[Span]:
        """Decide about windows up to the next time that the room is measured."""
        spans = []
        above_db: list[float] = np.maximum.reduce(levels - self._room, axis=1).tolist()
        for level, above in zip(levels, above_db, strict=True):
            spans += self._step(level, above)
            self._opened.append(self._state is _State.OPEN)
        self._unlearned.append(levels)
        if len(self._opened) == self.UPDATE:
            self._learn()
        return spans

    def _learn(self) -> None:
        self._floor.update(np.concatenate(self._unlearned), self._opened)
        self._room = self._floor.ceiling.clip(self._quietest_dbfs)
        self._unlearned.clear()
        self._opened.clear()

    def _step(self, level: Float32, above_db: float) -> list[Span]:
        """Take the next window, given its bands and how far the loudest of them is above the room."""
        window, self._next = self._next, self._next + 1
        match self._state:
            case _State.QUIET:
                self._count_loud(window, level, above_db)
                return []
            case _State.OPEN:
                self._hold(level, above_db)
                return self._continue(window, loud=above_db > self._limits.offset_db)
            case _State.TOO_LONG:
                self._hold(level, above_db)
                return self._outlast(window, loud=above_db > self._limits.offset_db)

    def _count_loud(self, window: int, level: Float32, above_db: float) -> None:
        if self._count == 0:
            self._onset = window
            self._levels.clear()
            self._sound.begin(window)
            self._connected.begin(window)
        self._hold(level, above_db)
        loud = above_db > self._limits.onset_db
        self._count = self._count + 1 if loud else max(self._count - 1, 0)
        if self._count > self._limits.onset_windows:
            self._count = 0
            self._state = _State.OPEN
            self._offset = window
            self._opened_floor_dbfs = self.floor_dbfs

    def _hold(self, level: Float32, above_db: float) -> None:
        self._levels.append(level)
        self._sound.add(level, above_db)
        if self._limits.pieces_from is not None:
            self._connected.add(level, self._room)

    def _continue(self, window: int, *, loud: bool) -> list[Span]:
        if loud:
            self._offset = window  # not one more: a frame begins a window earlier
        elif window - self._offset >= self._limits.hang_over:
            return self._close()
        if self._next - self._onset < self._limits.longest:
            return []
        return self._cut()

    def _close(self) -> list[Span]:
        self._state = _State.QUIET
        length = self._offset - self._onset
        if length < self._limits.shortest:
            return []
        parts = self._parts(self._offset) if length >= self._limits.parts_from else ()
        return [self._span(self._offset, parts, self._pieces(length, self._offset))]

    def _cut(self) -> list[Span]:
        length = self._next - self._onset
        span = self._span(self._next, self._parts(), self._pieces(length), too_long=True)
        self._state = _State.TOO_LONG
        self._go_on()
        return [span]

    def _outlast(self, window: int, *, loud: bool) -> list[Span]:
        if loud:
            self._offset = window
        elif window - self._offset >= self._limits.hang_over:
            return self._outlived()
        if self._next - self._onset < self._limits.longest:
            return []
        spans = self._more(self._next, self._parts(), self._pieces(self._limits.longest))
        self._go_on()
        return spans

    def _outlived(self) -> list[Span]:
        self._state = _State.QUIET
        pieces = self._pieces(self._limits.longest, self._offset)
        return self._more(self._offset, self._parts(self._offset), pieces)

    def _more(self, offset: int, parts: tuple[tuple[int, int], ...], pieces: tuple[Piece, ...]) -> list[Span]:
        """Tell of a sound again that is too long already, where there is anything to tell."""
        return [self._span(offset, parts, pieces, too_long=True)] if parts or pieces else []

    def _parts(self, end: int | None = None) -> tuple[tuple[int, int], ...]:
        """Parts of the sound not told of yet; all of it is none."""
        if self._limits.parts_from > self._limits.longest:
            return ()
        return tuple(part for part in self._sound.parts(end) if part != (self._onset, end))

    def _pieces(self, length: int, end: int | None = None) -> tuple[Piece, ...]:
        """All of the sound in pieces, if it is so long."""
        if self._limits.pieces_from is None or length < self._limits.pieces_from:
            return ()
        return self._connected.pieces(end)

    def _go_on(self) -> None:
        self._onset = self._offset = self._next
        del self._levels[:-1]

    def _span(
        self,
        offset: int,
        parts: tuple[tuple[int, int], ...],
        pieces: tuple[Piece, ...],
        *,
        too_long: bool = False,
    ) -> Span:
        levels = np.mean(self._levels[: max(offset - self._onset, 1)], axis=0).tolist()
        floor_dbfs = self._opened_floor_dbfs
        return Span(
            self._onset, offset, self._next, together_dbfs(levels), floor_dbfs, too_long, parts, pieces
        )
