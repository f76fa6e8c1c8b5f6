"""The account of false accepts: what counts when, and how strict that makes us. Pure but for the clock."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from digitd.budget.choice import OWN, Choice, Count, revised
from digitd.budget.evidence import Evidence
from digitd.budget.figure import Figure
from digitd.budget.schedule import is_within
from digitd.budget.takes import NO_TAKES, Takes
from digitd.clock import SYSTEM, Clock
from digitd.errors import DigitdError
from digitd.messages import Detection, Score

BOOKED_EVERY_S: Final = 600.0
"""Time is written down so often, and with it what was heard while muted: nobody is told when that was."""

REMEMBERED: Final = 40
"""Of so many keywords that were acted on can be said that they were none: as many as the page shows."""


@dataclass(frozen=True, slots=True)
class Book:
    """What outlives a restart.

    Attributes:
        evidence: What was counted.
        choice: How strict we are.
        relaxed_on: When we last became less strict.
    """

    evidence: Evidence
    choice: Choice = OWN
    relaxed_on: date = date.min


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the user says.

    Attributes:
        per_day: So many false accepts in 24 hours.
        nobody_speaks: Spans of local time; see `schedule`.
    """

    per_day: float
    nobody_speaks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Acted:
    """A keyword that was acted on.

    Attributes:
        onset: Index of its first sample.
        keyword: Which.
        posterior: How sure the model was.
        counted: Whether it is counted as a false accept.
    """

    onset: int
    keyword: str
    posterior: float
    counted: bool


class Account:
    """Counts while nobody speaks to us, and says how strict to be.

    Args:
        allowance: What the user says.
        book: What was counted before.
        takes: What strictness costs.
        clock: Where times come from.

    Attributes:
        book: What was counted; another one whenever that has changed.
    """

    def __init__(
        self, allowance: Allowance, book: Book, takes: Takes = NO_TAKES, clock: Clock = SYSTEM
    ) -> None:
        self.book = book
        self._allowance = allowance
        self._takes = takes
        self._clock = clock
        self._unbooked_s = 0.0
        self._unbooked: list[Score] = []
        self._acted: deque[Acted] = deque(maxlen=REMEMBERED)

    @property
    def thresholds(self) -> Mapping[str, float]:
        """The least posterior for each keyword."""
        return self.book.choice.thresholds(self.book.evidence.own)

    def hear(
        self, heard_s: float, passed: Sequence[Score], acted_on: Sequence[Detection], *, muted: bool
    ) -> None:
        """Take a moment of audio.

        Args:
            heard_s: For so long the daemon really listened.
            passed: What the model's own thresholds let pass then.
            acted_on: What of it was acted on.
            muted: Somebody has said that nobody speaks to us.
        """
        now = self._clock.now().astimezone()
        alone = muted or is_within(self._allowance.nobody_speaks, now.time())
        self._acted.extend(
            Acted(one.utterance.onset, one.keyword, one.score.probability, alone) for one in acted_on
        )
        if not alone:
            self.close()
            return
        self._unbooked_s += heard_s
        self._unbooked += passed
        if self._unbooked_s >= BOOKED_EVERY_S or (passed and not muted):
            self._write_down(now)

    def deny(self, onset: int | None = None) -> Acted:
        """Count a keyword that was acted on as a false accept.

        Args:
            onset: Index of its first sample; None is the latest.

        Returns:
            It, as it was before.

        Raises:
            DigitdError: There is none.
        """
        found = [one for one in self._acted if onset in {None, one.onset}]
        if not found:
            raise DigitdError("nothing of the kind was acted on lately")
        denied = found[-1]
        if not denied.counted:
            self._acted[self._acted.index(denied)] = replace(denied, counted=True)
            on = self._clock.now().astimezone()
            self._take(self.book.evidence.denied(on.date(), denied.keyword, denied.posterior), on)
        return denied

    def close(self) -> None:
        """Write down what is not yet."""
        if self._unbooked_s or self._unbooked:
            self._write_down(self._clock.now().astimezone())

    def figure(self, overruled: Sequence[str]) -> Figure:
        """Return what is told, of which keywords' thresholds somebody has set is given."""
        own, thresholds = self.book.evidence.own, self.thresholds
        return Figure(
            per_day=self._allowance.per_day,
            count=Count.of(self.book.evidence),
            reported=self.book.evidence.reported,
            choice=self.book.choice,
            raised={keyword: value for keyword, value in thresholds.items() if value > own[keyword]},
            overruled=overruled,
            takes=self._takes,
        )

    def _write_down(self, now: datetime) -> None:
        evidence = self.book.evidence.heard(now.date(), self._unbooked_s)
        for score in self._unbooked:
            evidence = evidence.accepted(now.date(), score.label, score.probability)
        self._unbooked_s, self._unbooked = 0.0, []
        self._take(evidence, now)

    def _take(self, evidence: Evidence, now: datetime) -> None:
        before, count = self.book.choice, Count.of(evidence)
        may_relax = now.date() > self.book.relaxed_on
        choice = revised(before, count, self._allowance.per_day, self._takes, may_relax=may_relax)
        relaxed = count.strictness(choice) < count.strictness(before)
        self.book = Book(evidence, choice, now.date() if relaxed else self.book.relaxed_on)


def opened(book: Book | None, heard_by: str, own: Mapping[str, float]) -> Book:
    """Return the book of before as far as it still says something, else a new one.

    Args:
        book: Of before.
        heard_by: Which model listens, and how.
        own: Keyword to the threshold that it has by itself.
    """
    if book is None or not book.evidence.still_says_something(heard_by, own):
        return Book(Evidence(heard_by, dict(own)))
    return replace(book, evidence=replace(book.evidence, own=dict(own)))
