"""A budget of false accepts, simulated over weeks: it is kept, and what is told of it is true.

The share of so many rooms is itself uncertain: of a hundred simulations in which exactly 95 % of 200 rooms
are right in the long run, five have fewer than 92.5 %. The seeds are fixed, so that this is decided once.
"""

from collections.abc import Sequence
from itertools import islice, pairwise

import numpy as np
import pytest

from budget_rooms import Night, nights, some_room

ROOMS = 200
WEEKS = 4
BUDGET = 1.0

Lives = Sequence[Sequence[Night]]


def lives(false_accepts_per_day: float, seed: int) -> Lives:
    """Return the nights of many rooms, of which the whole day is declared."""
    rng = np.random.default_rng(seed)
    return [
        list(islice(nights(some_room(false_accepts_per_day, rng), BUDGET, 24, rng), 7 * WEEKS))
        for _ in range(ROOMS)
    ]


@pytest.fixture(scope="module")
def quiet() -> Lives:
    """Return rooms in which the model keeps the budget by itself, but only just."""
    return lives(0.9, seed=1)


@pytest.fixture(scope="module")
def loud() -> Lives:
    """Return rooms in which it does not by far."""
    return lives(4.0, seed=2)


@pytest.fixture(params=["quiet", "loud"])
def rooms(request: pytest.FixtureRequest) -> Lives:
    of_that_kind: Lives = request.getfixturevalue(request.param)
    return of_that_kind


@pytest.mark.parametrize("after", [3, 7, 14, 28])
def test_the_bound_holds_whenever_it_is_looked_at(rooms: Lives, after: int) -> None:
    held = [life[after - 1].told_the_truth for life in rooms]

    assert np.mean(held) >= 0.925


@pytest.mark.parametrize("after", [7, 14, 28])
def test_of_rooms_that_are_said_to_keep_the_budget_few_do_not(rooms: Lives, after: int) -> None:
    wrong = [
        night.figure.state == "kept" and night.truth_per_day > BUDGET
        for night in (life[after - 1] for life in rooms)
    ]

    assert np.mean(wrong) <= 0.075


def test_from_the_third_week_on_the_budget_is_kept(rooms: Lives) -> None:
    kept = [life[-1].truth_per_day <= BUDGET for life in rooms]
    acted_on = [night.acted_on for life in rooms for night in life[14:]]

    assert np.mean(kept) >= 0.925
    assert np.mean(acted_on) <= BUDGET


def test_it_is_not_stricter_than_it_has_to_be_for_ever(quiet: Lives) -> None:
    strictness = np.array(
        [[night.figure.count.strictness(night.figure.choice) for night in life] for life in quiet]
    ).mean(axis=0)

    assert strictness[-1] < strictness[7] / 2


def test_without_the_budget_loud_rooms_would_not_have_kept_it(loud: Lives) -> None:
    assert min(life[0].room.per_day.sum() for life in loud) == pytest.approx(4.0)


def test_thresholds_move_seldom(rooms: Lives) -> None:
    moves = [
        sum(later.figure.choice != earlier.figure.choice for earlier, later in pairwise(life))
        for life in rooms
    ]

    assert np.mean(moves) < 7 * WEEKS / 2
