"""When an utterance begins and ends, given how loud each window is. Knows nothing about audio.

Both rules count in windows. A window's magnitude is the mean of its samples' magnitudes, full scale 1.0.
"""

import math
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

import numpy as np

from digitd.detect.noise_floor import NoiseFloor

SILENCE_DBFS = -120.0


@dataclass(frozen=True, slots=True)
class Span:
    """An utterance in windows, `onset` up to but not including `offset`.

    Attributes:
        onset: First loud window.
        offset: First window after the last loud one.
        level_dbfs: Mean level of its windows.
        floor_dbfs: The noise floor when it opened.
        too_long: It was cut at the longest that is allowed.
    """

    onset: int
    offset: int
    level_dbfs: float
    floor_dbfs: float
    too_long: bool = False


class Rule(Protocol):
    """Decides window by window."""

    @property
    def earliest(self) -> int:
        """First window that a span still to come can begin at."""

    @property
    def onset_dbfs(self) -> float:
        """A window louder than this may be the beginning of a span, as things are now."""

    def feed(self, magnitude: float) -> Span | None:
        """Take the next window; return the span that it completes."""

    def flush(self) -> Span | None:
        """Return the span that the end of the stream completes."""


def level_dbfs(magnitude: float) -> float:
    """Mean magnitude as decibels below full scale."""
    return 20 * math.log10(magnitude) if magnitude > 0 else SILENCE_DBFS


class ClassicRule:
    """The article's rule: count windows over a fixed threshold, then count windows under it.

    More than `windows` loud ones, in a row or not, open; more than `windows` quiet ones, in a row or not,
    close. Two things differ, because a stream has neither beginning nor end: loud windows are forgotten
    after `FORGET_S` without another one (the article counts from the start of the recording, so that four
    clicks an hour apart would open), and an onset at the very first sample closes like any other (the
    article's loop then runs on to the end of the recording). As in the article the last, incomplete window
    of a recording counts as quiet; where that does not close the span, it ends with the stream (the article
    finds no end and gives the recording up).

    Args:
        threshold: Magnitude that tells loud from quiet.
        windows: More than so many open and close.
        longest: A span that reaches so many windows is cut; the article's recording has an end, a stream not.
        windows_per_s: How often `feed` is called for each second of audio.
    """

    FORGET_S = 1.0

    def __init__(self, threshold: float, windows: int, longest: int, windows_per_s: float) -> None:
        self._threshold = threshold
        self._windows = windows
        self._longest = longest
        self._forget = round(self.FORGET_S * windows_per_s)
        self._next = 0
        self._loud = 0
        self._quiet = 0
        self._last_loud = 0
        self._onset: int | None = None
        self._magnitudes: list[float] = []

    @property
    def earliest(self) -> int:
        """First window that a span still to come can begin at."""
        return max(self._next - self._windows, 0) if self._onset is None else self._onset

    @property
    def onset_dbfs(self) -> float:
        """The fixed threshold."""
        return level_dbfs(self._threshold)

    def feed(self, magnitude: float) -> Span | None:
        """Take the next window; return the span that it completes."""
        window, self._next = self._next, self._next + 1
        if self._onset is None:
            self._open(window, magnitude)
            return None
        self._magnitudes.append(magnitude)
        self._quiet += magnitude < self._threshold
        if self._quiet > self._windows:
            return self._close(window - self._windows)
        if self._next - self._onset >= self._longest:
            return self._close(self._next, too_long=True)
        return None

    def flush(self) -> Span | None:
        """Return the span that the end of the stream completes."""
        if self._onset is None:
            return None
        closed = self._quiet + 1 > self._windows
        return self._close(self._next - self._windows if closed else self._next)

    def _open(self, window: int, magnitude: float) -> None:
        if window - self._last_loud > self._forget:
            self._loud = 0
        if magnitude <= self._threshold:
            return
        self._loud += 1
        self._last_loud = window
        if self._loud > self._windows:
            self._onset = window - self._windows
            self._magnitudes = [magnitude]

    def _close(self, offset: int, *, too_long: bool = False) -> Span:
        onset = self._next if self._onset is None else self._onset
        level = level_dbfs(float(np.mean(self._magnitudes)))
        span = Span(onset, offset, level, level_dbfs(self._threshold), too_long)
        self._onset, self._loud, self._quiet = None, 0, 0
        return span


class _State(Enum):
    QUIET = auto()
    OPEN = auto()
    TOO_LONG = auto()
    """The sound has outlasted the longest utterance; nothing opens until it pauses."""


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


class AdaptiveRule:
    """Loud is what stands out from the room: above the tracked noise floor, with a lower bar once open.

    A loud window adds one to a count, a quiet one takes one away; more than `onset_windows` open. So a
    click does not, and a hoarse voice, whose windows between two pulses of the glottis are quiet, does.
    The onset is where that count last left zero. After `hang_over` quiet windows in a row the utterance
    ends where the last loud window ended.
    """

    def __init__(self, limits: AdaptiveLimits) -> None:
        self._limits = limits
        self._floor = NoiseFloor(limits.windows_per_s)
        self._state = _State.QUIET
        self._next = 0
        self._count = 0
        self._onset = 0
        self._offset = 0
        self._opened_floor_dbfs = 0.0
        self._levels: list[float] = []

    @property
    def earliest(self) -> int:
        """First window that a span still to come can begin at."""
        return self._onset if self._count or self._state is _State.OPEN else self._next

    @property
    def floor_dbfs(self) -> float:
        """The noise floor as it is tracked now."""
        return self._floor.dbfs

    @property
    def onset_dbfs(self) -> float:
        """A window louder than this may be the beginning of a span, as things are now."""
        return self._bar(self._limits.onset_db)

    def feed(self, magnitude: float) -> Span | None:
        """Take the next window; return the span that it completes."""
        window, self._next = self._next, self._next + 1
        level = level_dbfs(magnitude)
        match self._state:
            case _State.QUIET:
                self._floor_then_open(window, level)
                return None
            case _State.OPEN:
                return self._continue(window, level)
            case _State.TOO_LONG:
                self._outlast(window, level)
                return None

    def flush(self) -> Span | None:
        """Return the span that the end of the stream completes."""
        return self._close() if self._state is _State.OPEN else None

    def _is_loud(self, level: float, above_db: float) -> bool:
        return level > self._bar(above_db)

    def _bar(self, above_db: float) -> float:
        return max(self._floor.dbfs + above_db, self._limits.quietest_dbfs)

    def _floor_then_open(self, window: int, level: float) -> None:
        loud = self._is_loud(level, self._limits.onset_db)
        if not loud:
            self._floor.update(level)
        if self._count == 0:
            self._onset = window
            self._levels.clear()
        self._levels.append(level)
        self._count = self._count + 1 if loud else max(self._count - 1, 0)
        if self._count > self._limits.onset_windows:
            self._count = 0
            self._state = _State.OPEN
            self._offset = window + 1
            self._opened_floor_dbfs = self._floor.dbfs

    def _continue(self, window: int, level: float) -> Span | None:
        self._levels.append(level)
        if self._is_loud(level, self._limits.offset_db):
            self._offset = window + 1
        elif self._next - self._offset >= self._limits.hang_over:
            return self._close()
        if self._next - self._onset < self._limits.longest:
            return None
        return self._cut()

    def _close(self) -> Span | None:
        self._state = _State.QUIET
        self._floor_after_silence()
        if self._offset - self._onset < self._limits.shortest:
            return None
        return self._span(self._offset)

    def _cut(self) -> Span:
        span = self._span(self._next, too_long=True)
        self._state = _State.TOO_LONG
        self._offset = self._next
        self._raise_floor()
        return span

    def _outlast(self, window: int, level: float) -> None:
        self._levels.append(level)
        if self._is_loud(level, self._limits.offset_db):
            self._offset = window + 1
        elif self._next - self._offset >= self._limits.hang_over:
            self._state = _State.QUIET
        if len(self._levels) >= self._limits.longest:
            self._raise_floor()

    def _raise_floor(self) -> None:
        """Take the quietest tenth of what went on too long for the room: a fan that started, a tap."""
        self._floor.jump(float(np.quantile(self._levels, 0.1)))
        self._levels.clear()

    def _floor_after_silence(self) -> None:
        for level in self._levels[self._offset - self._onset :]:
            self._floor.update(level)

    def _span(self, offset: int, *, too_long: bool = False) -> Span:
        level = float(np.mean(self._levels[: max(offset - self._onset, 1)]))
        return Span(self._onset, offset, level, self._opened_floor_dbfs, too_long)
