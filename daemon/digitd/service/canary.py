"""Whether the daemon would hear a word now: a stored digit is sung to its own pipeline again and again.

A network that computes something else, a detector that finds nothing or a machine that has become too slow
looks from outside like a quiet room. A canary tells the two apart, as it did for coal miners until 1986.
"""

from collections.abc import Callable
from uuid import uuid4

from digitd.clock import SYSTEM, Clock
from digitd.messages import Song
from digitd.service.health import CanaryReport

EVERY_S = 300.0
AGAIN_S = 10.0
"""After a song that failed: a machine may have been busy just then."""

TOLERANCE = 0.1
"""Confidences differ in the last digits from machine to machine; a broken stage differs by far more."""

LONGEST_S = 1.5
"""The song's own length: a pipeline that takes longer falls behind the microphone."""


class Canary:
    """Sings when it is time to, and remembers what came of it.

    Args:
        sing: Plays the stored digit to the pipeline.
        stored: What should come of it, as the model file says.
        clock: Where times come from.

    Attributes:
        identifier: Of the latest song.
        report: Of the latest song; None before the first.
    """

    def __init__(self, sing: Callable[[], Song | None], stored: Song, clock: Clock = SYSTEM) -> None:
        self.identifier = ""
        self.report: CanaryReport | None = None
        self._sing = sing
        self._stored = stored
        self._clock = clock
        self._sung_at = 0.0

    @property
    def passed(self) -> bool:
        """Whether the latest song came through."""
        return self.report is not None and self.report.trouble is None

    @property
    def due(self) -> bool:
        """Whether it is time for the next song."""
        return self._clock.monotonic() - self._sung_at >= (EVERY_S if self.passed else AGAIN_S)

    def sing(self) -> CanaryReport:
        """Sing, and hold what comes of it against what should."""
        self.identifier = uuid4().hex
        began_at = self._clock.monotonic()
        song = self._sing()
        self._sung_at = self._clock.monotonic()
        took_s = self._sung_at - began_at
        self.report = CanaryReport(
            self._clock.now(), song, 1000 * took_s, trouble_with(song, self._stored, took_s)
        )
        return self.report


def trouble_with(song: Song | None, stored: Song, took_s: float) -> str | None:
    """Say what is wrong with a song, in words; None when all is well.

    Args:
        song: What came of it; None where it was not one utterance.
        stored: What should.
        took_s: How long that took, seconds.
    """
    if song is None:
        return "the detector does not find the stored digit"
    if song.label != stored.label:
        return f"the stored digit is heard as {song.label!r}, not as {stored.label!r}"
    if abs(song.confidence - stored.confidence) > TOLERANCE:
        return f"the stored digit is heard with confidence {song.confidence:.2f}, not {stored.confidence:.2f}"
    if song.accepted != stored.accepted:
        return f"the stored digit is {'' if song.accepted else 'not '}acted on"
    if took_s > LONGEST_S:
        return f"{took_s:.1f} s to recognise a stored digit of {LONGEST_S:g} s: the machine is too slow"
    return None
