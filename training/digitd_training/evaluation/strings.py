"""Connected digits: people who read numbers out as they come, without a pause between the digits."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import Float32
from digitd.model.bundle import Bundle
from digitd_training.data import DIGITS, Clip, Recording, load
from digitd_training.evaluation.counting import Interval, wilson
from digitd_training.evaluation.evaluate import quiet_room
from digitd_training.evaluation.hearing import Heard, Recogniser, Take, listen
from digitd_training.evaluation.numbers import outcome, told
from digitd_training.evaluation.recognisers import cascade
from digitd_training.evaluation.tables import percent_interval, table

STRING: Final = "digits"
"""The kind of recording that is digits and nothing else."""

OUTCOMES: Final = ("right", "wrong", "rejected", "missed")
"""Of a string as one number: told as spoken, as another or in parts, told not to count, or not told of."""


@dataclass(frozen=True, slots=True)
class Strings:
    """What one recogniser made of strings.

    Attributes:
        recogniser: Who.
        digits: How many were spoken.
        errors: The fewest digits to change, add or take away to get what was spoken.
        played: How many strings.
        right: Strings without an error.
        interval: Of their share, 95 %.
        numbers: What became of how many of them as numbers; empty where nobody made numbers of them.
    """

    recogniser: str
    digits: int
    errors: int
    played: int
    right: int
    interval: Interval
    numbers: Counter[str]


def string_clips(recordings: Iterable[Recording], rate_hz: int, split: str = "dev") -> list[Clip]:
    """Read the strings of one split, with their digits for labels; without those in which "oh" is a zero."""
    return [
        Clip(
            load(one, rate_hz),
            "".join(DIGITS[word] for word in one.label.split()),
            *(one.speaker, one.source, one.name, one.kind),
        )
        for one in recordings
        if (one.kind, one.split) == (STRING, split) and DIGITS.keys() >= set(one.label.split())
    ]


def strings(bundle: Bundle, clips: Sequence[Clip]) -> list[Strings]:
    """Play strings to the daemon's pipeline amid a quiet room, with `detector.connected` and without."""
    rate_hz = bundle.card.features.rate_hz
    makers = [partial(_cascade, bundle, connected=True), partial(_cascade, bundle, connected=False)]
    takes = [Take(clip, "room", number) for number, clip in enumerate(clips)]
    heard = listen(makers, {"room": partial(quiet_room, rate_hz)}, takes, "strings")
    names = ("connected digits", "digits one at a time")
    return [_ours(name, theirs, rate_hz) for name, theirs in zip(names, heard, strict=True)]


def rivals_strings(
    name: str, hears: Callable[[Float32], list[str]], clips: Sequence[Clip], rate_hz: int
) -> Strings:
    """Play the same sounds to somebody who hears each as a whole."""
    heard = [hears(quiet_room(rate_hz, clip, number)) for number, clip in enumerate(clips)]
    return counted(name, [clip.label for clip in clips], ["".join(digits) for digits in heard])


def counted(
    name: str, said: Sequence[str], heard: Sequence[str], numbers: Counter[str] | None = None
) -> Strings:
    """Count errors in strings of digits."""
    errors = [distance(*both) for both in zip(said, heard, strict=True)]
    right = errors.count(0)
    return Strings(
        *(name, sum(map(len, said)), sum(errors), len(said), right),
        interval=wilson(right, len(said)),
        numbers=numbers or Counter(),
    )


def distance(said: str, heard: str) -> int:
    """The fewest characters to change, add or take away, to make one of the other (V. Levenshtein, 1966)."""
    row = list(range(len(heard) + 1))
    for number, digit in enumerate(said, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(heard, 1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (digit != other)),
            )
    return row[-1]


def string_table(rows: Iterable[Strings]) -> str:
    """A line a recogniser."""
    header = ["recogniser", "digits right", "strings right", "95 %", *(f"numbers {one}" for one in OUTCOMES)]
    return table(header, map(_cells, rows))


def _cascade(bundle: Bundle, *, connected: bool) -> Recogniser:
    return replace(cascade(bundle), detector=SegmenterSettings(connected=connected))


def _ours(name: str, heard: Sequence[Heard], rate_hz: int) -> Strings:
    numbers = Counter(outcome(one.clip.label, told(one, rate_hz)) for one in heard)
    return counted(name, [one.clip.label for one in heard], ["".join(one.accepted) for one in heard], numbers)


def _cells(row: Strings) -> list[str]:
    return [
        row.recogniser,
        f"{1 - row.errors / row.digits:.1%} of {row.digits}",
        f"{row.right} of {row.played} ({row.right / row.played:.1%})",
        percent_interval(row.interval),
        *(str(row.numbers[one]) if row.numbers else "" for one in OUTCOMES),
    ]
