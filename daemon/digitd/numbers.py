"""Digits said in a row are a number. Pure: positions in samples are the only clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Final, TypeAlias, TypeGuard

from msgspec import Meta

from digitd.messages import Detection, NumberRejection, Rejection, SpokenNumber

DIGITS: Final = frozenset("0123456789")

MAYBE_DIGIT: Final = 0.05
"""What was not acted on was perhaps a digit where one has this posterior. Of 25 digits that were not
understood in the numbers of development speakers 22 were taken for anything else, but 24 had this much left.
Of other words 5 % have it, of utterances in running speech 1 %."""

MOST_DIGITS: Final = 15
"""A JSON number of more digits is not exact for every subscriber."""


class Reason(StrEnum):
    """Why digits do not count as a number."""

    DOUBTFUL = "not every digit was understood"
    LOST = "sound is missing"
    LONG = "too many digits"
    NO_FORM = "no such number is expected"
    AGAIN = "to be said again"


@dataclass(frozen=True, slots=True)
class FormSettings:
    """What a number may look like.

    Attributes:
        shortest: It has at least so many digits.
        longest: It has at most so many digits.
        least: Its least value.
        most: Its greatest value.
        after: The keyword that is said right before it; empty for none. A number that begins with the word of
            a form can only have a form with this word.
        secret: It is never logged, never retained, and published on a topic of its own; asks for
            `numbers.only`.
    """

    shortest: Annotated[int, Meta(ge=1, le=MOST_DIGITS)] = 1
    longest: Annotated[int, Meta(ge=1, le=MOST_DIGITS)] = MOST_DIGITS
    least: Annotated[int, Meta(ge=0, le=10**MOST_DIGITS - 1)] = 0
    most: Annotated[int, Meta(ge=0, le=10**MOST_DIGITS - 1)] = 10**MOST_DIGITS - 1
    after: str = ""
    secret: bool = False

    def __post_init__(self) -> None:
        if self.shortest > self.longest:
            raise ValueError("shortest: must not be above longest, or no number fits")
        if self.least > self.most:
            raise ValueError("least: must not be above most, or no number fits")
        if self.least >= 10**self.longest:
            raise ValueError(f"least: no number of {self.longest} digits is as great")

    def fits(self, digits: str) -> bool:
        """Whether a number looks like this."""
        return self.shortest <= len(digits) <= self.longest and self.least <= int(digits) <= self.most


@dataclass(frozen=True, slots=True)
class NumberSettings:
    """When digits said in a row are a number.

    Attributes:
        enabled: Put digits together to numbers.
        gap_s: A digit that begins so soon after another belongs to the same number; so long after its last
            digit a number is over.
        longest: A number has at most so many digits.
        only: Digits go out in numbers only, not at once.
        confirm: A number counts when it is said a second time.
        confirm_s: The second time begins at most so long after the first.
        grammars: What a number may look like, by name: the first that fits counts; any number where there are
            none.
    """

    enabled: bool = False
    gap_s: Annotated[float, Meta(ge=0.2, le=3.0)] = 1.0
    longest: Annotated[int, Meta(ge=1, le=MOST_DIGITS)] = 8
    only: bool = False
    confirm: bool = False
    confirm_s: Annotated[float, Meta(ge=1.0, le=60.0)] = 8.0
    grammars: Mapping[str, FormSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, form in self.grammars.items():
            if form.shortest > self.longest:
                raise ValueError(f"grammars: {name!r} has more digits than numbers.longest allows")
            if form.secret and not self.only:
                raise ValueError(
                    f"grammars: {name!r} is secret, which needs numbers.only: true, for a digit that goes "
                    "out at once is told before anybody knows what it belongs to"
                )

    @property
    def hold_back(self) -> bool:
        """Whether single digits are not acted on."""
        return self.enabled and self.only

    @property
    def secret(self) -> bool:
        """Whether any digit may belong to a secret."""
        return self.enabled and any(form.secret for form in self.grammars.values())


Number: TypeAlias = SpokenNumber | NumberRejection
Verdict: TypeAlias = Detection | Rejection


@dataclass(slots=True)
class _Run:
    """What was said so far without a longer pause.

    Attributes:
        end: Index of the first sample after the latest of it.
        parts: A keyword that a form may ask for, digits, and what was perhaps one.
        strange: What came after them and was no digit; it is one of them if a digit follows.
        spoilt: Why it will not count; None while it may.
    """

    end: int
    parts: list[Verdict] = field(default_factory=list)
    strange: Rejection | None = None
    spoilt: Reason | None = None


class Grouper:
    """Puts digits together to numbers, fed with all that is heard and with how far that is.

    A number that is wrong is worse than one that has to be said again. So whatever was perhaps a digit spoils
    the number, and so does any sound between two digits. Before the first and after the last one may talk:
    people say "channel four two, please".

    Args:
        settings: What a number is.
        rate_hz: Of the positions.
    """

    def __init__(self, settings: NumberSettings, rate_hz: int) -> None:
        self._settings = settings
        self._gap = round(settings.gap_s * rate_hz)
        self._again = round(settings.confirm_s * rate_hz)
        self._run: _Run | None = None
        self._said: SpokenNumber | None = None

    def hear(self, verdict: Verdict) -> list[Number]:
        """Take the next utterance, in the order of time; return the numbers that it ends."""
        ended = self.settle(verdict.utterance.onset)
        run = self._run
        if is_digit(verdict) or (isinstance(verdict, Rejection) and _may_be_digit(verdict)):
            self._add(verdict)
        elif isinstance(verdict, Detection):
            ended += self._end()
            self._run = _Run(verdict.utterance.offset, [verdict])
        elif run and run.strange:
            ended += self._end()  # one sound may be a digit that was not understood, two are talk
        elif run and run.parts:
            run.end, run.strange = verdict.utterance.offset, verdict
        return ended

    def settle(self, position: float) -> list[Number]:
        """Learn that all that is still to come begins here or later; return the number that is over then."""
        if self._run is None or position - self._run.end <= self._gap:
            return []
        return self._end()

    def lose(self, position: int) -> None:
        """Learn that sound is missing before a position; there may have been a digit in it."""
        run = self._run = self._run or _Run(position)
        run.end, run.spoilt = position, Reason.LOST

    def _add(self, part: Verdict) -> None:
        run = self._run = self._run or _Run(part.utterance.offset)
        heard = [run.strange, part] if run.strange else [part]
        if run.strange or not is_digit(part):
            run.spoilt = run.spoilt or Reason.DOUBTFUL
        run.end, run.strange = part.utterance.offset, None
        if len(run.parts) <= 2 * MOST_DIGITS:  # a radio that never stops is not kept
            run.parts += heard

    def _end(self) -> list[Number]:
        run, self._run = self._run, None
        if run is None or not any(map(is_digit, run.parts)):
            return []
        number = _judged(run, self._settings)
        return [self._confirmed(number) if self._settings.confirm else number]

    def _confirmed(self, number: Number) -> Number:
        """Let a number pass that was said just before, too."""
        if isinstance(number, NumberRejection):
            return number
        before, self._said = self._said, number
        if before and _is_repeated(before, number, self._again):
            self._said = None
            return number
        secret = self._settings.secret
        return NumberRejection(Reason.AGAIN, number.digits, number.grammar, secret)


def is_digit(verdict: Verdict) -> TypeGuard[Detection]:
    """Whether it is a digit that was heard for sure."""
    return isinstance(verdict, Detection) and verdict.keyword in DIGITS


def _may_be_digit(rejection: Rejection) -> bool:
    score = rejection.score
    return score is None or max(score.probabilities.get(digit, 0.0) for digit in DIGITS) >= MAYBE_DIGIT


def _judged(run: _Run, settings: NumberSettings) -> Number:
    """Find the form that a run has."""
    first, *others = run.parts
    word = first.keyword if isinstance(first, Detection) and others else ""
    asked = {name: form for name, form in settings.grammars.items() if word and form.after == word}
    open_to_all = {name: form for name, form in settings.grammars.items() if not form.after}
    digits = tuple(filter(is_digit, others if asked else run.parts))
    expected = next(iter(asked), None)
    reason = run.spoilt or (Reason.LONG if len(digits) > settings.longest else None)
    if reason:
        return NumberRejection(reason, tuple(run.parts), expected, settings.secret)
    if not settings.grammars:
        return SpokenNumber(digits, None, secret=False)
    text = "".join(digit.keyword for digit in digits)
    for name, form in (asked or open_to_all).items():
        if form.fits(text):
            return SpokenNumber(digits, name, form.secret)
    return NumberRejection(Reason.NO_FORM, tuple(run.parts), expected, settings.secret)


def _is_repeated(before: SpokenNumber, number: SpokenNumber, within: int) -> bool:
    """Whether a number is the same as the one before, and said soon after it."""
    pause = number.digits[0].utterance.onset - before.digits[-1].utterance.offset
    return (before.grammar, before.text) == (number.grammar, number.text) and pause <= within
