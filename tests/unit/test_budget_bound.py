"""How often something happens at most, where it was counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from digitd.budget.bound import CONFIDENCE, allowed, upper


def test_nothing_in_so_much_time_is_the_rule_of_three() -> None:
    assert upper(0) == pytest.approx(2.9957, abs=1e-4)


@given(count=st.integers(0, 10_000))
def test_it_is_what_scipy_says(count: int) -> None:
    assert upper(count) == pytest.approx(stats.chi2.ppf(CONFIDENCE, 2 * (count + 1)) / 2, rel=1e-9)


@given(mean=st.floats(0, 10_000))
def test_so_many_show_a_mean_and_one_more_does_not(mean: float) -> None:
    most = allowed(mean)

    assert most < 0 or upper(most) <= mean * (1 + 1e-9)
    assert upper(most + 1) >= mean * (1 - 1e-9)


@pytest.mark.parametrize("mean", [0.05, 0.7, 3.0, 11.0, 60.0])
def test_it_is_wrong_in_one_of_twenty_cases_at_most(mean: float) -> None:
    counts = range(200)

    wrong = sum(float(stats.poisson.pmf(count, mean)) for count in counts if upper(count) < mean)

    assert wrong <= 1 - CONFIDENCE
