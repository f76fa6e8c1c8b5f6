"""Hears the room, then asks for words one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from digitd.calibration.voice import Take
from digitd.messages import AudioBlock, Float32, Utterance

QUIET_S = 1.0
"""A word is over after so much quiet: a second part of it would have come."""

PATIENCE_S = 6.0
"""So long a word is waited for."""

LONGEST_S = 12.0
"""So long after it was asked for its time is over, also in a room that is never quiet."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A word is asked for.

    Attributes:
        word: The keyword.
        number: How many have been asked for, this one included.
    """

    word: str
    number: int


@dataclass(frozen=True, slots=True)
class Begin:
    """Samples were lost; it begins anew."""


Event: TypeAlias = Ask | Take | Begin


class Sitting:
    """Takes audio with the utterances in it, and says what to ask for and what was answered.

    Args:
        room_s: So long the room is heard first.
        words: What is asked for then, in this order.
        rate_hz: The rate of the audio.

    Attributes:
        words: What is asked for.
        start: Index of the first sample that is kept.
        takes: What came after each word.
    """

    def __init__(self, room_s: float, words: Sequence[str], rate_hz: int) -> None:
        self._room = round(room_s * rate_hz)
        self.words = words
        self._rate_hz = rate_hz
        self._begin_at(0)

    @property
    def room(self) -> Float32:
        """What was heard before the first word, shape (n,)."""
        return self._cut(self.start, self.start + self._room)

    @property
    def samples(self) -> Float32:
        """All that was heard, shape (n,)."""
        return self._cut(self.start, self._end)

    @property
    def room_left_s(self) -> float:
        """So many seconds of the room are still to be heard."""
        return max(self.start + self._room - self._end, 0) / self._rate_hz

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to hear."""
        return not self.room_left_s and len(self.takes) == len(self.words)

    def feed(self, block: AudioBlock, utterances: Sequence[Utterance]) -> list[Event]:
        """Take the next block, with the utterances that it completed."""
        events: list[Event] = []
        if len(block.samples) and block.start != self._end:
            events += [Begin()] if self._end > self.start else []
            self._begin_at(block.start)
        self._pieces.append(block.samples)
        self._end += len(block.samples)
        if self._asked_at is not None:
            events += self._answered(self._asked_at, utterances)
        return events + self._ask()

    def _begin_at(self, start: int) -> None:
        self.start = self._end = start
        self.takes: list[Take] = []
        self._pieces: list[Float32] = []
        self._asked_at: int | None = None
        self._said: list[Utterance] = []

    def _ask(self) -> list[Event]:
        if self.room_left_s or self.is_over or self._asked_at is not None:
            return []
        self._asked_at = self._end
        return [Ask(self.words[len(self.takes)], len(self.takes) + 1)]

    def _answered(self, asked_at: int, utterances: Sequence[Utterance]) -> list[Event]:
        self._said += [utterance for utterance in utterances if utterance.onset >= asked_at]
        waited_from, wait_s = (self._said[-1].offset, QUIET_S) if self._said else (asked_at, PATIENCE_S)
        over_at = min(waited_from + wait_s * self._rate_hz, asked_at + LONGEST_S * self._rate_hz)
        if self._end < over_at:
            return []
        take = Take(self.words[len(self.takes)], asked_at, self._cut(asked_at, self._end), tuple(self._said))
        self.takes.append(take)
        self._asked_at = None
        self._said.clear()
        return [take]

    def _cut(self, start: int, end: int) -> Float32:
        heard = np.concatenate([np.empty(0, np.float32), *self._pieces])
        return heard[start - self.start : end - self.start]
