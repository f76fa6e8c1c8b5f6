"""Cuts utterances out of the stream as `digitd-train record` does: unfiltered, with what is around. Pure."""

from typing import Final

from digitd.detect.tape import Tape
from digitd.messages import AudioBlock, Float32, Utterance

LEAD_S: Final = 0.5
"""So much before the onset is kept with an utterance, unless something else was said there."""

TAIL_S: Final = 0.4
"""So much after the offset, as far as it has been heard when the utterance is known to be over."""

MEMORY_S: Final = 2.5
"""So much before what is still to come is held: the parts of a long sound may begin there."""


class Cutter:
    """Holds the latest audio, unfiltered.

    Args:
        rate_hz: The rate of the audio.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._tape = Tape(0)
        self._said_until = 0

    def feed(self, block: AudioBlock) -> None:
        """Take the next block."""
        if block.start != self._tape.end:
            self.forget(block.start)
        self._tape.append(block.samples)

    def settle(self, position: float) -> None:
        """Let go of what is not needed any more: whatever is still to come begins here or later."""
        held_from = min(position, self._tape.end) - MEMORY_S * self._rate_hz
        self._tape.forget_before(round(held_from))

    def forget(self, position: int) -> None:
        """Let go of everything; the next block begins here."""
        self._tape = Tape(position)
        self._said_until = position

    def cut(self, utterance: Utterance, until: int) -> tuple[int, Float32] | None:
        """Return an utterance with what is around it, in the order in which they were spoken.

        Args:
            utterance: What to cut out.
            until: Where the next one begins, if that is known; else where the audio ends.

        Returns:
            Position of the first sample, and samples, shape (n,); None where it is not held as a whole.
        """
        lead, tail = round(LEAD_S * self._rate_hz), round(TAIL_S * self._rate_hz)
        start = max(min(self._said_until, utterance.onset), utterance.onset - lead, self._tape.start)
        self._said_until = utterance.offset
        if start > utterance.onset:
            return None
        return start, self._tape.cut(start, min(utterance.offset + tail, until))
