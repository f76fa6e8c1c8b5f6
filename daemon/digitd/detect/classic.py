"""The article's rule for the beginning and end of an utterance: a fixed threshold."""

import numpy as np

from digitd.detect.rules import Span, level_dbfs
from digitd.messages import Float32


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

    @property
    def floor_dbfs(self) -> float:
        """The same: this rule knows nothing of the room."""
        return self.onset_dbfs

    def feed(self, windows: Float32) -> list[Span]:
        """Take more windows; return the spans that they complete."""
        magnitudes = np.abs(windows).mean(axis=1).tolist()
        return [span for magnitude in magnitudes for span in self._step(magnitude)]

    def flush(self) -> list[Span]:
        """Return the span that the end of the stream completes."""
        if self._onset is None:
            return []
        closed = self._quiet + 1 > self._windows
        return self._close(self._next - self._windows if closed else self._next)

    def _step(self, magnitude: float) -> list[Span]:
        window, self._next = self._next, self._next + 1
        if self._onset is None:
            self._open(window, magnitude)
            return []
        self._magnitudes.append(magnitude)
        self._quiet += magnitude < self._threshold
        if self._quiet > self._windows:
            return self._close(window - self._windows)
        if self._next - self._onset >= self._longest:
            return self._close(self._next, too_long=True)
        return []

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

    def _close(self, offset: int, *, too_long: bool = False) -> list[Span]:
        onset = self._next if self._onset is None else self._onset
        level = level_dbfs(float(np.mean(self._magnitudes)))
        span = Span(onset, offset, self._next, level, self.floor_dbfs, too_long)
        self._onset, self._loud, self._quiet = None, 0, 0
        return [span]
