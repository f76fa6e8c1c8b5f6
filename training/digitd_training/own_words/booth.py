"""Asks for words, and cuts what was said out of the stream, or says what is wrong with it. Pure."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from digitd.detect.conditioning import HighPass
from digitd.detect.rules import level_dbfs
from digitd.detect.segmenter import WINDOWS_PER_S
from digitd.detect.tape import Tape
from digitd.messages import AudioBlock, Float32, Utterance
from digitd.pipeline import Heard
from digitd_training.own_words.rounds import Rounds

LEAD_S = 0.5
"""So much quiet comes before each prompt, and so much audio before each word is kept with it."""

TAIL_S = 0.4
"""So much audio after each word is kept with it: the detector needs it to find the word's end again."""

QUIET_WITHIN_S = 3.0
"""A word that is not followed by quiet for so long was said amid something else."""

MEMORY_S = 16.0
"""Enough for the longest utterance and hang-over that can be set, with what is kept around them."""

LEAST_ABOVE_ROOM_DB = 12.0
"""Of 480 isolated words of Speech Commands 99 in 100 stood out more."""

CLIPPED = 0.99
MOST_CLIPPED = 3
"""A single peak may touch full scale; a voice too loud for the microphone stays there for some samples."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A word is asked for.

    Attributes:
        word: The word.
        number: Of the take, counted from 1.
        wanted: So many takes in all.
    """

    word: str
    number: int
    wanted: int


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds an array
class Take:
    """The word was said.

    Attributes:
        word: The word.
        samples: As recorded, unconditioned, shape (n,): the word with `LEAD_S` before and `TAIL_S` after it.
        seconds: Length of the word itself.
    """

    word: str
    samples: Float32
    seconds: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was heard is no take of the word; it is asked for again.

    Attributes:
        word: The word.
        reason: What was wrong, and what helps.
    """

    word: str
    reason: str


Message: TypeAlias = Prompt | Take | Refusal


class Booth:
    """Takes the one utterance that follows a prompt, when quiet follows it and nothing is wrong with it.

    A prompt comes once it has been quiet for `LEAD_S`, so that what stands before a word is the room.

    Args:
        rounds: Whose turn it is; counts the takes.
        rate_hz: The rate of the audio.
    """

    def __init__(self, rounds: Rounds, rate_hz: int) -> None:
        self._rounds = rounds
        self._rate_hz = rate_hz
        self._lead = round(LEAD_S * rate_hz)
        self._tail = round(TAIL_S * rate_hz)
        self._tape = Tape(0)
        self._quiet_from = 0
        self._asked: Prompt | None = None
        self._asked_at = 0
        self._said: Utterance | None = None

    @property
    def asked(self) -> Prompt | None:
        """What is asked for now; None while it waits for quiet."""
        return self._asked

    def feed(self, heard: Heard) -> list[Message]:
        """Take the next block; return what came of it."""
        messages = self._record(heard.block)
        if heard.level_dbfs is not None and heard.level_dbfs > heard.onset_dbfs:
            self._quiet_from = heard.block.end
        for utterance in heard.utterances:
            messages += self._judge(utterance)
        return messages + self._finish() + self._ask()

    def undo(self, word: str) -> None:
        """Ask for a word again whose latest take was thrown away."""
        self._rounds.undo(word)
        self._asked = self._said = None

    def _record(self, block: AudioBlock) -> list[Message]:
        gap = block.start != self._tape.end
        if gap:
            self._tape = Tape(block.start)
            self._quiet_from = block.start
        self._tape.append(block.samples)
        self._tape.forget_before(block.end - round(MEMORY_S * self._rate_hz))
        return self._refuse("samples were lost on the way; is the computer busy?") if gap else []

    def _judge(self, utterance: Utterance) -> list[Message]:
        if self._asked is None:
            return []
        if self._said is not None:
            return self._refuse("more than one sound; say it once, then wait")
        if fault := self._fault(utterance):
            return self._refuse(fault)
        self._said = utterance
        return []

    def _fault(self, utterance: Utterance) -> str | None:
        if utterance.onset < self._asked_at:
            return "it began before it was asked for"
        if utterance.too_long:
            return "it went on for too long; say the word alone"
        word = self._tape.cut(utterance.onset, utterance.offset)
        if np.count_nonzero(np.abs(word) >= CLIPPED) > MOST_CLIPPED:
            return "too loud for the microphone; step back, or turn its gain down"
        above_db = self._above_room_db(utterance)
        if above_db < LEAST_ABOVE_ROOM_DB:
            return f"too faint, {above_db:.0f} dB above the room; come nearer, or turn the gain up"
        return None

    def _above_room_db(self, utterance: Utterance) -> float:
        """How far a word stands out from the quiet before it, as the detector hears both."""
        raw = AudioBlock(0, self._tape.cut(utterance.onset - self._lead, utterance.offset))
        conditioned = np.abs(HighPass(self._rate_hz, self._rate_hz // WINDOWS_PER_S).feed(raw).samples)
        settled = self._lead // 5  # where the filter's answer to a steady offset has died away
        room, word = conditioned[settled : self._lead], conditioned[self._lead :]
        return level_dbfs(float(word.mean())) - level_dbfs(float(room.mean()))

    def _finish(self) -> list[Message]:
        if self._asked is None or self._said is None:
            return []
        if self._is_quiet() and self._tape.end >= self._said.offset + self._tail:
            return self._take(self._asked.word, self._said)
        if self._tape.end > self._said.offset + QUIET_WITHIN_S * self._rate_hz:
            return self._refuse("it did not get quiet after it; wait for a quiet moment")
        return []

    def _ask(self) -> list[Message]:
        word = self._rounds.word
        if word is None or self._asked is not None or not self._is_quiet():
            return []
        self._asked = Prompt(word, self._rounds.have[word] + 1, self._rounds.wanted)
        self._asked_at = self._tape.end
        return [self._asked]

    def _take(self, word: str, said: Utterance) -> list[Message]:
        samples = self._tape.cut(said.onset - self._lead, said.offset + self._tail)
        self._rounds.keep(word)
        self._asked = self._said = None
        return [Take(word, samples, (said.offset - said.onset) / self._rate_hz)]

    def _refuse(self, reason: str) -> list[Message]:
        """Ask again; where nothing had been asked for there is nothing to refuse."""
        asked, self._asked, self._said = self._asked, None, None
        return [Refusal(asked.word, reason)] if asked else []

    def _is_quiet(self) -> bool:
        return self._tape.end - self._quiet_from >= self._lead
