"""What a sound is: a keyword, digits in a row, or a keyword and what touches it. Pure."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeAlias

from digitd.decide import Bar, Last, Reason, Scored, apart, reason_to_reject, surest_apart
from digitd.detect.parts import part
from digitd.detect.rows import Named, Stretch, best_row
from digitd.messages import Rejection, Score, Utterance

ONE_DIGIT_S = 0.8
"""What lasts so long may be two digits, even where it passes for one."""

SUREST = 0.999
"""No posterior counts for more: the log-odds of 1 have no end."""


SURELY_ELSE = 0.95
"""What is so surely something else as a whole is no row: most of other people's talk, but of 224 sounds in
AN4's training strings only 3."""

SURE = 1.25
"""Mean log-odds of the digits of a row but the surest, at least: of two neither may be doubtful."""


class Scorer(Protocol):
    """Whoever can name an utterance: the model, and in training what it is compared with."""

    def score(self, utterance: Utterance) -> Score:
        """Return the posteriors of an utterance."""


Judged: TypeAlias = Scored | Rejection
"""What is acted on with its score, or what is not and why."""


def judged(whole: Utterance, scorer: Scorer, bar: Bar, last: Last | None, rate_hz: int) -> list[Judged]:
    """Say of an utterance, or of what it consists of, whether it is acted on.

    Where a sound is no keyword, or so long that it may be more than one, it may be digits in a row. Where it
    is neither, its parts are asked about; if one of them is a keyword, they are told of in its place, those
    between that are none, too: a number must not lose a digit unnoticed.

    Args:
        whole: As the detector cut it.
        scorer: Who names it.
        bar: What a score has to pass.
        last: The keyword acted on last.
        rate_hz: Of the positions.
    """
    if bar.muted and bar.budgeted is None:
        return []  # nobody counts
    score = scorer.score(whole)
    reason = reason_to_reject(whole, score, bar, last)
    row = []
    if reason or whole.offset - whole.onset >= ONE_DIGIT_S * rate_hz:
        row = _row((whole, score), scorer, bar, last, rate_hz)
    if row or _is_told_again(whole):
        return row
    if not reason:
        return [(whole, score)]
    return _parts(whole, scorer, bar, last, rate_hz) or [Rejection(reason, score, whole)]


def _is_told_again(whole: Utterance) -> bool:
    """Whether it was too long already, and is told of once more for the sake of a row alone."""
    return bool(whole.pieces) and whole.pieces[0].onset < whole.onset and not whole.parts


def _row(sound: Scored, scorer: Scorer, bar: Bar, last: Last | None, rate_hz: int) -> list[Judged]:
    """Return the digits of a sound that consists of nothing else; where it goes on all but the latest.

    What follows digits in the same sound and is something else is perhaps one that was not understood. The
    same digit twice and nothing else is more often a long one, the end of which looks like it again.
    """
    whole, score = sound
    if bar.part >= 1 or not whole.pieces:
        return []
    before = last if last and last.in_row and last.offset > whole.pieces[0].onset else None
    if not before and sum(score.probabilities.get(label, 0.0) for label in bar.rejected) >= SURELY_ELSE:
        return []
    pieces = [piece for piece in whole.pieces if not last or piece.onset >= last.offset]
    found: dict[Stretch, Scored] = {}

    def judge(onset: int, offset: int) -> Named | None:
        one = replace(part(whole, onset, offset, rate_hz), is_part=False, in_row=True)
        score = scorer.score(one)
        if reason_to_reject(one, score, bar, None):
            return None
        found[onset, offset] = one, score
        return score.label, _log_odds(score.probability)

    digits = best_row(pieces, judge, rate_hz, before.keyword if before else None)
    if digits is None or (digits and _sureness([found[digit] for digit in digits]) < SURE):
        return [Rejection(Reason.BROKEN, None, whole)] if before else []
    if not before and len({found[digit][1].label for digit in digits}) == 1:
        return []
    over = whole.pieces[-1].offset == whole.offset
    return [found[digit] for digit in (digits if over else digits[:-1])]


def _sureness(row: Sequence[Scored]) -> float:
    log_odds = sorted(_log_odds(score.probability) for _, score in row)
    others = log_odds[:-1] or log_odds
    return sum(others) / len(others)


def _log_odds(probability: float) -> float:
    certain = min(probability, SUREST)
    return math.log(certain / (1 - certain))


def _parts(whole: Utterance, scorer: Scorer, bar: Bar, last: Last | None, rate_hz: int) -> list[Judged]:
    """Return the parts to be acted on and those between that are not; none where none is acted on."""
    if bar.part >= 1:
        return []
    parts = (part(whole, onset, offset, rate_hz) for onset, offset in whole.parts)
    scored = [(one, scorer.score(one)) for one in parts if not last or one.onset >= last.offset]
    acted_on = surest_apart([one for one in scored if not reason_to_reject(*one, bar, last)])
    if not acted_on:
        return []
    spared = [(one, score) for one, score in scored if all(apart(one, other) for other, _ in acted_on)]
    return [
        Rejection(reason, score, one) if (reason := reason_to_reject(one, score, bar, last)) else (one, score)
        for one, score in sorted([*acted_on, *surest_apart(spared)], key=lambda scored: scored[0].onset)
    ]
