"""Digits said without a pause between them: the likeliest way through the pieces of a sound."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from digitd.messages import Piece

SHORTEST_S, LONGEST_S = 0.14, 0.7
"""Of a digit in a row."""

USUAL_S, SPREAD = 0.3, 0.35
"""How long a digit in a row is, and the standard deviation of the logarithm of that. Each standard deviation
from it costs its square in log-odds."""

AGAIN = 3.0
"""Log-odds that the same digit again has to be worth: the end of a long one still looks like it."""

QUIET_DB = 20.0
"""What is so far below the loudest piece is a pause or a breath."""

MOST_DROPPED_S = 0.1
"""So much that is neither quiet nor a digit may lie between two, before the first or after the last."""

DROPPED = 20.0
"""Log-odds that a second of that costs."""

Stretch: TypeAlias = tuple[int, int]
"""Onset and offset, in samples."""

Named: TypeAlias = tuple[str, float]
"""A digit, and the log-odds that it is this one."""

Judge: TypeAlias = Callable[[int, int], Named | None]
"""Says which digit a stretch is; None where it is none, or too doubtful."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How the pieces up to one of the cuts may be taken.

    Attributes:
        worth: Log-odds of its digits, less what they cost.
        digits: In the order of time.
        label: Of the latest digit.
        dropped: Samples since then that are neither quiet nor a digit.
    """

    worth: float
    digits: tuple[Stretch, ...] = ()
    label: str | None = None
    dropped: int = 0


def best_row(
    pieces: Sequence[Piece], judge: Judge, rate_hz: int, before: str | None = None
) -> tuple[Stretch, ...] | None:
    """Return the digits that pieces consist of, none of a pause; None where any of it is something else.

    Only what can be reached from the beginning is judged: of other people's talk next to nothing.

    Args:
        pieces: They adjoin one another.
        judge: Asked about stretches of one or more pieces.
        rate_hz: Of the positions.
        before: The digit that they follow without a pause.
    """
    ways: list[_Way | None] = [_Way(0.0, label=before), *(None for _ in pieces)]
    quiet_dbfs = max((piece.level_dbfs for piece in pieces), default=0.0) - QUIET_DB
    for first, piece in enumerate(pieces):
        way = ways[first]
        if way is None:
            continue
        _improve(ways, first + 1, _without(way, piece, quiet_dbfs, rate_hz))
        for last, end in enumerate(pieces[first:], first + 1):
            length_s = (end.offset - piece.onset) / rate_hz
            if length_s > LONGEST_S:
                break
            if length_s >= SHORTEST_S:
                _improve(ways, last, _with(way, (piece.onset, end.offset), length_s, judge))
    return ways[-1].digits if ways[-1] else None


def _improve(ways: list[_Way | None], at: int, way: _Way | None) -> None:
    before = ways[at]
    if way and (before is None or way.worth > before.worth):
        ways[at] = way


def _without(way: _Way, piece: Piece, quiet_dbfs: float, rate_hz: int) -> _Way | None:
    if piece.level_dbfs < quiet_dbfs:
        return way
    length = piece.offset - piece.onset
    dropped = way.dropped + length
    if dropped > MOST_DROPPED_S * rate_hz:
        return None
    return replace(way, worth=way.worth - DROPPED * length / rate_hz, dropped=dropped)


def _with(way: _Way, stretch: Stretch, length_s: float, judge: Judge) -> _Way | None:
    named = judge(*stretch)
    if named is None:
        return None
    label, log_odds = named
    unusual = (math.log(length_s / USUAL_S) / SPREAD) ** 2
    again = AGAIN if label == way.label else 0.0
    return _Way(way.worth + log_odds - unusual - again, (*way.digits, stretch), label)
