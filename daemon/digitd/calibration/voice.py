"""What a voice is like where it is heard."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitd.calibration.room import CLIPPED, Room, power_dbfs
from digitd.messages import Float32, Utterance

MOST_CLIPPED = 3
"""A single peak may touch full scale; a voice too loud for the microphone stays there for some samples."""

APART_S = 0.3
"""Two utterances nearer to one another than this were one word: nobody was asked to say two."""


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds an array
class Take:
    """What came after a word was asked for.

    Attributes:
        word: The keyword that was asked for.
        start: Index of the first of `samples`.
        samples: As the microphone gave them, shape (n,), from the question to the end of the wait.
        utterances: What was cut out of them.
    """

    word: str
    start: int
    samples: Float32
    utterances: Sequence[Utterance]

    @property
    def end(self) -> int:
        """Index of the first sample after the wait."""
        return self.start + len(self.samples)

    @property
    def loudest(self) -> Utterance:
        """The word itself, more likely than what else made a sound meanwhile."""
        return max(self.utterances, key=_level_dbfs)


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice, as it comes out of the microphone.

    Attributes:
        level_dbfs: Power of a word, the median of all.
        above_room_db: The same above the room's.
        clipped: Words that were too loud for the microphone.
        split: Words that came in two.
        heard: Words that were heard at all.
    """

    level_dbfs: float
    above_room_db: float
    clipped: tuple[str, ...]
    split: tuple[str, ...]
    heard: int


def measure_voice(takes: Sequence[Take], room: Room, rate_hz: int) -> Voice | None:
    """Measure the words that were heard; None where none was."""
    heard = [take for take in takes if take.utterances]
    if not heard:
        return None
    level_dbfs = float(np.median([_level_dbfs(take.loudest) for take in heard]))
    return Voice(
        level_dbfs=level_dbfs,
        above_room_db=level_dbfs - room.level_dbfs,
        clipped=tuple(take.word for take in heard if _is_clipped(take)),
        split=tuple(take.word for take in heard if _is_split(take, rate_hz)),
        heard=len(heard),
    )


def _level_dbfs(utterance: Utterance) -> float:
    """Power, as of the room; `Utterance.level_dbfs` is the mean of levels, which pauses pull down."""
    return power_dbfs(
        utterance.samples[utterance.onset - utterance.start : utterance.offset - utterance.start]
    )


def _is_clipped(take: Take) -> bool:
    word = take.samples[take.loudest.onset - take.start : take.loudest.offset - take.start]
    return bool(np.count_nonzero(np.abs(word) >= CLIPPED) > MOST_CLIPPED)


def _is_split(take: Take, rate_hz: int) -> bool:
    word = take.loudest
    gaps = [
        max(other.onset - word.offset, word.onset - other.offset)
        for other in take.utterances
        if other is not word
    ]
    return min(gaps, default=rate_hz) < APART_S * rate_hz
