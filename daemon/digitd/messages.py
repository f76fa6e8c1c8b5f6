"""What the rooms hand to one another. Frozen: a message is a fact, and position is data.

Positions are counts of samples at the model's rate since the source was opened: the only clock inside.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Float32: TypeAlias = NDArray[np.float32]
Float64: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds an array
class AudioBlock:
    """A run of consecutive samples, as the source gave them; empty when time passed without any.

    A gap is a jump: a block whose `start` is beyond the `end` of the one before it.

    Attributes:
        start: Index of the first sample, counted from the opening of the source.
        samples: Mono audio, shape (n,), full scale is ±1.0.
        captured_at: `time.monotonic()` in seconds when the last sample had been heard.
    """

    start: int
    samples: Float32
    captured_at: float = 0.0

    @property
    def end(self) -> int:
        """Index of the first sample after this block."""
        return self.start + len(self.samples)


HEARD_AFTER_S = 0.125
"""So much of what follows an utterance's offset is kept with it: as long as the detector waits for more."""

NOTHING_AROUND = AudioBlock(0, np.empty(0, np.float32))


@dataclass(frozen=True, slots=True)
class Piece:
    """What lies between two neighbouring cuts in a sound.

    Attributes:
        onset: Index of its first sample.
        offset: Index of the first sample after it.
        level_dbfs: Of its loudest 75 ms.
    """

    onset: int
    offset: int
    level_dbfs: float


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """A stretch of sound that the segmenter took for something spoken.

    Attributes:
        start: Index of the first of `samples`: the onset less the pre-roll.
        samples: Conditioned audio from `start` to a little after the offset, shape (n,), full scale is ±1.0.
        onset: Index of the first sample of the first loud window.
        offset: Index of the first sample after the last loud window.
        level_dbfs: Mean level of its windows, decibels below full scale.
        floor_dbfs: The noise floor when it began, in the same measure.
        too_long: The sound went on beyond the longest utterance; `offset` is where it was cut.
        surroundings: Conditioned audio from before the utterance to when it was known to be over, as far
            as there is any.
        parts: Onset and offset of each stretch of a long sound that may be a word by itself. Where the
            sound has gone on since an earlier utterance, they may begin in that.
        pieces: A sound that may be digits in a row, cut wherever one may end and the next begin. Where it
            goes on they end at the latest cut, and may begin in an earlier utterance.
        is_part: It is a part of a longer sound.
        in_row: It is one of the digits of a longer sound.
    """

    start: int
    samples: Float32
    onset: int
    offset: int
    level_dbfs: float
    floor_dbfs: float
    too_long: bool = False
    surroundings: AudioBlock = NOTHING_AROUND
    parts: tuple[tuple[int, int], ...] = ()
    pieces: tuple[Piece, ...] = ()
    is_part: bool = False
    in_row: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """What the model makes of one utterance.

    Attributes:
        probabilities: Posterior of each label, summing to 1.
        took_s: How long each stage took that was asked, seconds, the first one first.
    """

    probabilities: Mapping[str, float]
    took_s: tuple[float, ...] = field(default=(), compare=False)

    @property
    def label(self) -> str:
        """The likeliest label."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def probability(self) -> float:
        """The posterior of the likeliest label."""
        return max(self.probabilities.values())


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A keyword that was heard, confidently enough to act on.

    Attributes:
        keyword: The label, as the model spells it.
        score: All posteriors.
        utterance: Where it was heard.
        onset_at: Wall-clock time of the onset, UTC.
        offset_at: Wall-clock time of the offset, UTC.
        offset_monotonic: The same instant on `time.monotonic()`, seconds; immune to clock jumps.
    """

    keyword: str
    score: Score
    utterance: Utterance
    onset_at: datetime
    offset_at: datetime
    offset_monotonic: float


@dataclass(frozen=True, slots=True, eq=False)
class Rejection:
    """An utterance that was not acted on, and why.

    Attributes:
        reason: In words, for people; see `decide.Reason`.
        score: All posteriors; None where the model was not asked.
        utterance: Where it was heard.
    """

    reason: str
    score: Score | None
    utterance: Utterance


@dataclass(frozen=True, slots=True, eq=False)
class SpokenNumber:
    """Digits that were said in a row.

    Attributes:
        digits: At least one, as they were heard.
        grammar: The name of the form that it has; None where any number counts.
        secret: It must be told to nobody but who asks for it, and kept nowhere.
    """

    digits: tuple[Detection, ...]
    grammar: str | None
    secret: bool

    @property
    def text(self) -> str:
        """The digits, leading zeros kept."""
        return "".join(digit.keyword for digit in self.digits)

    @property
    def confidence(self) -> float:
        """The posterior of all digits together: their product, as they were heard one by one."""
        return math.prod(digit.score.probability for digit in self.digits)


@dataclass(frozen=True, slots=True, eq=False)
class NumberRejection:
    """Digits that were said in a row and do not count as a number.

    Attributes:
        reason: In words, for people; see `numbers.Reason`.
        parts: All that was heard of it, in order, with what was not understood; at least one is a digit.
        grammar: The name of the form that it was to have; None where that is not known.
        secret: It may have been meant for a secret, so what was heard must be told to nobody.
    """

    reason: str
    parts: tuple[Detection | Rejection, ...]
    grammar: str | None
    secret: bool


@dataclass(frozen=True, slots=True)
class Song:
    """What the pipeline makes of the stored digit that it is asked about again and again, the canary.

    Attributes:
        label: The likeliest.
        confidence: Its posterior.
        accepted: Whether it is acted on.
    """

    label: str
    confidence: float
    accepted: bool
