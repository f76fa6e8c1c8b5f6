"""Whole numbers: digits of one speaker in a row, with the pauses of somebody who wants to be understood."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from digitd.messages import NumberRejection
from digitd.numbers import DIGITS, Grouper, Number, NumberSettings
from digitd_training.augment import Generator
from digitd_training.data import Clip
from digitd_training.evaluation.counting import Interval, wilson
from digitd_training.evaluation.hearing import Heard
from digitd_training.scenes import UNTRIMMED

LENGTHS = (3, 4)

PLAYED = 200
"""Numbers of each length."""

PAUSE_S = (0.25, 0.5)
"""Least and greatest pause between two digits."""

LEAST_DIGITS = 5
"""Of whom fewer different digits are recorded, no numbers are made."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What became of numbers of one length.

    Attributes:
        length: In digits.
        played: How many.
        right: Told once and as spoken.
        wrong: Told as another, or in parts.
        rejected: Told not to count, and nothing else.
        missed: Not a single digit of it was understood.
        interval: Of the share that is right, 95 %.
    """

    length: int
    played: int
    right: int
    wrong: int
    rejected: int
    missed: int
    interval: Interval

    @property
    def share(self) -> float:
        """What share is right."""
        return self.right / self.played


def number_clips(clips: Sequence[Clip], rate_hz: int) -> list[Clip]:
    """Make numbers of the digits of each speaker, drawn evenly, always the same; none without such speakers.

    Args:
        clips: Of any kind; what is not a trimmed digit is passed over, for a pause would not be what it says.
        rate_hz: Their rate.
    """
    speakers: dict[str, dict[str, list[Clip]]] = defaultdict(lambda: defaultdict(list))
    for clip in clips:
        if clip.whole and clip.label in DIGITS and clip.source not in UNTRIMMED:
            speakers[clip.speaker][clip.label].append(clip)
    enough = [digits for _, digits in sorted(speakers.items()) if len(digits) >= LEAST_DIGITS]
    rng = np.random.default_rng(0)
    return [
        _number(enough[number % len(enough)], length, rate_hz, rng)
        for length in LENGTHS
        for number in range(PLAYED if enough else 0)
    ]


def counted(heard: Sequence[Heard], rate_hz: int) -> list[Numbers]:
    """Count what became of numbers, by length."""
    lengths: dict[int, Counter[str]] = defaultdict(Counter)
    for one in heard:
        lengths[len(one.clip.label)][outcome(one.clip.label, told(one, rate_hz))] += 1
    return [
        Numbers(
            *(length, found.total(), found["right"], found["wrong"], found["rejected"], found["missed"]),
            interval=wilson(found["right"], found.total()),
        )
        for length, found in sorted(lengths.items())
    ]


def told(heard: Heard, rate_hz: int) -> list[Number]:
    """Put what was heard together to numbers, as the daemon does with its default settings."""
    grouper = Grouper(NumberSettings(), rate_hz)
    return [number for verdict in heard.verdicts for number in grouper.hear(verdict)] + grouper.settle(inf)


def outcome(said: str, told: Sequence[Number]) -> str:
    """Right, wrong, rejected or missed."""
    numbers = [number.text for number in told if not isinstance(number, NumberRejection)]
    if numbers:
        return "right" if numbers == [said] and len(told) == 1 else "wrong"
    return "rejected" if told else "missed"


def _number(digits: dict[str, list[Clip]], length: int, rate_hz: int, rng: Generator) -> Clip:
    labels = [str(rng.choice(sorted(digits))) for _ in range(length)]
    chosen = [digits[label][int(rng.integers(len(digits[label])))] for label in labels]
    pieces = [chosen[0].samples]
    for clip in chosen[1:]:
        pause = np.zeros(round(rng.uniform(*PAUSE_S) * rate_hz), np.float32)
        pieces += [pause, clip.samples]
    first = chosen[0]
    return Clip(np.concatenate(pieces), "".join(labels), first.speaker, first.source, first.name, "number")
