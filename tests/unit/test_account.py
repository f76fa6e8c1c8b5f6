"""When what counts as a false accept, and what becomes of that over a restart."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from digitd.budget.account import BOOKED_EVERY_S, REMEMBERED, Account, Allowance, Book, opened
from digitd.budget.figure import State
from digitd.clock import Clock
from digitd.errors import DigitdError
from digitd.messages import Detection, Score, Utterance

OWN = {"1": 0.6, "7": 0.6}
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@dataclass
class House:
    """An account whose clock goes as audio is heard.

    Attributes:
        nobody_speaks: Spans of the day.
        now: Wall-clock time.
    """

    nobody_speaks: Sequence[str] = ()
    now: datetime = NOON
    book: Book = field(default_factory=lambda: opened(None, "digits-1.0.0", OWN))

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        clock = Clock(now=lambda: self.now)
        self.account = Account(Allowance(1.0, self.nobody_speaks), self.book, clock=clock)

    def hear(self, hours: float, *, muted: bool = False) -> None:
        for _ in range(round(hours * 60)):
            self.now += timedelta(minutes=1)
            self.account.hear(60.0, (), (), muted=muted)

    def say(self, keyword: str, posterior: float, onset: int = 0, *, muted: bool = False) -> None:
        """Let something be said, whoever says it: the model lets it pass."""
        said = detection(keyword, posterior, onset)
        acted_on = [] if muted or posterior < self.account.thresholds[keyword] else [said]
        self.account.hear(0.0, [said.score], acted_on, muted=muted)

    def unmute(self) -> None:
        self.account.hear(0.0, (), (), muted=False)

    def figure_hours(self) -> float:
        return 24 * self.account.figure(()).count.heard_days

    def counted(self) -> int:
        return sum(levels.total() for levels in self.account.book.evidence.counts().values())


def detection(keyword: str, posterior: float, onset: int) -> Detection:
    utterance = Utterance(onset, np.zeros(0, np.float32), onset, onset + 8000, -30.0, -60.0)
    return Detection(keyword, Score({keyword: posterior}), utterance, NOON, NOON, 0.0)


@pytest.fixture(autouse=True)
def at_greenwich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def test_while_somebody_may_speak_nothing_counts() -> None:
    house = House()

    house.hear(5)
    house.say("7", 0.9)

    assert (house.figure_hours(), house.counted()) == (0.0, 0)


def test_while_muted_hours_and_false_accepts_count() -> None:
    house = House()

    house.hear(5, muted=True)
    house.say("7", 0.9, muted=True)
    house.unmute()

    assert house.figure_hours() == pytest.approx(5.0)
    assert house.counted() == 1


def test_nobody_is_told_when_something_was_heard_while_muted() -> None:
    house = House()
    house.hear(0.05, muted=True)
    blank = house.account.book

    house.say("7", 0.9, muted=True)
    at_once = house.account.book
    house.hear(BOOKED_EVERY_S / 3600, muted=True)

    assert at_once is blank
    assert house.counted() == 1


def test_so_they_do_in_the_hours_in_which_nobody_speaks() -> None:
    house = House(nobody_speaks=["23:00-06:00"])

    house.hear(24)
    house.account.close()

    assert house.figure_hours() == pytest.approx(7.0, abs=0.02)


def test_time_in_which_the_microphone_is_dead_does_not_count() -> None:
    house = House()

    for _ in range(100):
        house.account.hear(0.0, (), (), muted=True)
    house.account.close()

    assert house.figure_hours() == 0.0


def test_time_is_written_down_now_and_then_and_at_the_end() -> None:
    house = House()
    blank = house.account.book

    house.hear(BOOKED_EVERY_S / 3600 - 0.02, muted=True)
    before = house.account.book
    house.account.close()

    assert before is blank
    assert house.account.book is not blank


def test_that_was_not_me_counts_the_latest_once_and_adds_no_time() -> None:
    house = House()
    house.say("1", 0.9, onset=1)
    house.say("7", 0.95, onset=2)

    first, second = house.account.deny(), house.account.deny()

    assert (first.keyword, first.counted, second.counted) == ("7", False, True)
    assert (house.counted(), house.account.book.evidence.reported, house.figure_hours()) == (1, 1, 0.0)


def test_it_can_be_said_of_an_earlier_one() -> None:
    house = House()
    house.say("1", 0.9, onset=1)
    house.say("7", 0.95, onset=2)

    assert house.account.deny(1).keyword == "1"


def test_what_was_counted_as_nobody_spoke_is_not_counted_twice() -> None:
    house = House(nobody_speaks=["00:00-00:00"])
    house.say("7", 0.9)

    assert house.account.deny().counted
    assert house.counted() == 1


@pytest.mark.parametrize("onset", [None, 5])
def test_of_nothing_it_cannot_be_said(onset: int | None) -> None:
    house = House()
    if onset:
        house.say("7", 0.9, onset=1)

    with pytest.raises(DigitdError, match="nothing of the kind"):
        house.account.deny(onset)


def test_only_so_many_are_remembered() -> None:
    house = House()
    for onset in range(REMEMBERED + 1):
        house.say("7", 0.9, onset=onset)

    with pytest.raises(DigitdError):
        house.account.deny(0)
    assert house.account.deny(1).onset == 1


def test_who_says_it_twice_is_heard_less_easily_at_once() -> None:
    house = House()
    for onset in (1, 2):
        house.say("7", 0.95, onset=onset)
        house.account.deny()

    assert house.account.thresholds["7"] > 0.95


def test_after_a_long_time_with_little_the_models_own_thresholds_are_back() -> None:
    house = House()
    for posterior in (0.7, 0.72, 0.9, 0.95):
        house.say("7", posterior, muted=True)
    house.unmute()
    strict = house.account.thresholds["7"]

    house.hear(24 * 40, muted=True)

    easy = house.account.thresholds["7"]
    assert strict > easy == OWN["7"]
    assert house.account.figure(()).state is State.KEPT


def test_over_a_restart_nothing_is_lost() -> None:
    house = House(nobody_speaks=["00:00-00:00"])
    house.hear(3)
    house.say("7", 0.9)
    house.say("1", 0.9)
    house.account.close()
    before = house.account.book, house.account.thresholds

    house.book = opened(house.account.book, "digits-1.0.0", OWN)
    house.restart()

    assert (house.account.book, house.account.thresholds) == before
    assert house.figure_hours() == pytest.approx(3.0)
    assert house.counted() == 2


def test_with_another_model_it_begins_anew() -> None:
    house = House()
    house.hear(3, muted=True)
    house.account.close()

    assert opened(house.account.book, "digits-2.0.0", OWN).evidence.heard_days == 0.0


def test_those_whose_thresholds_somebody_has_set_are_told() -> None:
    assert House().account.figure(["7"]).fields()["overruled"] == ["7"]
