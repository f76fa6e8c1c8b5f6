"""What is counted while nobody speaks, and the thresholds that come of it."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, time, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.budget.choice import OWN, STRICTEST, Choice, Count, revised, tolerated
from digitd.budget.evidence import KEPT_DAYS, SECONDS_PER_DAY, Evidence
from digitd.budget.figure import Figure, State
from digitd.budget.levels import ABOVE, TOP, level, threshold
from digitd.budget.schedule import is_within
from digitd.budget.takes import NO_TAKES, Takes, takes_heard

TODAY = date(2026, 11, 26)
THRESHOLDS = {"1": 0.6, "2": 0.6, "3": 0.7}
OWN_LEVEL = level(0.6)


def evidence(days: float, accepts: Mapping[str, list[float]]) -> Evidence:
    """Return what a model heard in so many days, by keyword and posterior."""
    found = Evidence("digits-1.0.0", THRESHOLDS).heard(TODAY, days * SECONDS_PER_DAY)
    for keyword, posteriors in accepts.items():
        for posterior in posteriors:
            found = found.accepted(TODAY, keyword, posterior)
    return found


def count(days: float, accepts: Mapping[str, list[float]]) -> Count:
    return Count.of(evidence(days, accepts))


def figure(days: float, accepts: Mapping[str, list[float]], choice: Choice = OWN) -> Figure:
    return Figure(1.0, count(days, accepts), 0, choice, {}, (), NO_TAKES)


@given(posterior=st.floats(0.5, 1.0))
def test_a_posterior_passes_its_level_and_not_the_next(posterior: float) -> None:
    reached = level(posterior)

    assert threshold(reached) <= posterior + 1e-12
    assert reached == ABOVE or posterior < threshold(reached + 1)


@pytest.mark.parametrize("posterior", [0.0, 0.3, 0.5, 1.0])
def test_every_posterior_has_a_level(posterior: float) -> None:
    assert 0 <= level(posterior) <= ABOVE


def test_days_that_are_long_past_are_forgotten() -> None:
    old = evidence(1.0, {"1": [0.9]})

    later = old.heard(TODAY + timedelta(days=KEPT_DAYS - 1), 60.0)
    too_late = old.heard(TODAY + timedelta(days=KEPT_DAYS), 60.0)

    assert later.counts()["1"].total() == 1
    assert too_late.counts()["1"].total() == 0
    assert len(too_late.days) == 1


def test_what_somebody_denies_counts_as_well_but_adds_no_time() -> None:
    denied = evidence(1.0, {"1": [0.9]}).denied(TODAY, "1", 0.9)

    assert (denied.heard_days, denied.reported) == (1.0, 1)
    assert denied.counts()["1"] == Counter({level(0.9): 2})


def test_it_is_small_after_any_number_of_false_accepts() -> None:
    found = Evidence("digits-1.0.0", THRESHOLDS)
    for day in range(2 * KEPT_DAYS):
        for step in range(100):
            found = found.accepted(TODAY + timedelta(days=day), "1", 0.6 + 0.399 * step / 100)

    assert len(msgspec.json.encode(found)) < 30_000


def test_it_outlives_a_restart() -> None:
    found = evidence(1.5, {"1": [0.9, 0.97]}).denied(TODAY, "2", 0.8)

    assert msgspec.json.decode(msgspec.json.encode(found), type=Evidence) == found


@pytest.mark.parametrize(
    ("heard_by", "own", "says"),
    [
        ("digits-1.0.0", THRESHOLDS, True),
        ("digits-1.0.0", {**THRESHOLDS, "1": 0.8}, True),
        ("digits-1.0.0", {**THRESHOLDS, "1": 0.5}, False),
        ("digits-1.0.0", {"1": 0.6, "2": 0.6}, False),
        ("digits-2.0.0", THRESHOLDS, False),
    ],
    ids=["the same", "a higher threshold", "a lower threshold", "other keywords", "another model"],
)
def test_evidence_holds_for_the_model_that_it_is_of_and_for_no_lower_threshold(
    heard_by: str, own: dict[str, float], *, says: bool
) -> None:
    assert evidence(1.0, {}).still_says_something(heard_by, own) == says


def test_where_few_are_heard_thresholds_stay_the_models_own() -> None:
    chosen = revised(OWN, count(30.0, {"1": [0.9] * 10}), 1.0)

    assert chosen.is_own
    assert chosen.thresholds(THRESHOLDS) == THRESHOLDS


def test_one_false_accept_is_no_reason_to_act_and_a_second_is() -> None:
    assert revised(OWN, count(0.1, {"1": [0.9]}), 1.0).is_own
    assert not revised(OWN, count(0.1, {"1": [0.9], "2": [0.8]}), 1.0).is_own


def test_all_keywords_become_a_little_stricter_where_all_are_heard() -> None:
    heard = {keyword: [0.72] * 4 for keyword in THRESHOLDS}

    chosen = revised(OWN, count(10.0, heard), 1.0)

    assert (chosen.steps > 0, chosen.singled_out) == (True, {})
    assert min(chosen.thresholds(THRESHOLDS).values()) > 0.72


def test_a_keyword_that_is_heard_again_and_again_is_singled_out() -> None:
    chosen = revised(OWN, count(20.0, {"2": [0.985] * 40, "1": [0.7]}), 1.0)

    thresholds = chosen.thresholds(THRESHOLDS)
    assert (chosen.steps, list(chosen.singled_out)) == (0, ["2"])
    assert (thresholds["1"], thresholds["3"]) == (0.6, 0.7)
    assert 0.985 < thresholds["2"] < 0.992


@given(
    days=st.floats(0.01, 90),
    heard=st.dictionaries(st.sampled_from("123"), st.lists(st.floats(0.7, 1.0), max_size=40)),
    budget=st.floats(0.05, 20),
)
def test_no_threshold_is_ever_below_the_models_own_or_beyond_the_strictest(
    days: float, heard: dict[str, list[float]], budget: float
) -> None:
    thresholds = revised(OWN, count(days, heard), budget).thresholds(THRESHOLDS)

    assert all(THRESHOLDS[name] <= value <= threshold(TOP) for name, value in thresholds.items())


@given(
    days=st.floats(0.01, 90),
    heard=st.dictionaries(st.sampled_from("123"), st.lists(st.floats(0.7, 0.99), max_size=40)),
    budget=st.floats(0.05, 20),
)
def test_what_was_heard_keeps_within_the_budget_with_the_thresholds_that_come_of_it(
    days: float, heard: dict[str, list[float]], budget: float
) -> None:
    counted = count(days, heard)

    assert counted.accepts(revised(OWN, counted, budget)) <= tolerated(budget, days)


def test_stricter_at_once_easier_only_when_it_is_time_and_with_room_to_spare() -> None:
    strict = Choice(STRICTEST)
    enough, short = count(20.0, {"1": [0.9] * 10}), count(20.0, {"1": [0.9] * 12})

    assert tolerated(1.0, 20.0) == 12
    assert revised(strict, enough, 1.0) == strict
    assert revised(strict, enough, 1.0, may_relax=True) == OWN
    assert not revised(strict, short, 1.0, may_relax=True).is_own
    assert revised(OWN, short, 1.0) == OWN


def test_what_the_users_own_takes_would_miss_is_the_price() -> None:
    faint_ones = Takes({"1": OWN_LEVEL, "2": OWN_LEVEL}, {"1": [level(0.62)] * 3, "2": [ABOVE] * 17})
    heard = count(20.0, {"1": [0.62] * 8, "2": [0.9] * 9})

    free = revised(OWN, heard, 1.0)
    paid = revised(OWN, heard, 1.0, faint_ones)

    assert (faint_ones.missed(free.level), list(free.singled_out)) == (3, [])
    assert (faint_ones.missed(paid.level), list(paid.singled_out)) == (0, ["2"])


def test_a_budget_that_costs_more_than_a_fifth_of_the_takes_is_not_kept_and_told() -> None:
    takes = Takes({"1": OWN_LEVEL}, {"1": [level(0.7)] * 10})
    counted = count(10.0, {"1": [0.9] * 90})

    chosen = revised(OWN, counted, 1.0, takes)

    assert takes.missed(chosen.level) <= 2
    assert Figure(1.0, counted, 0, chosen, {}, (), takes).state is State.DEAR


def test_no_keyword_is_given_up_for_a_budget() -> None:
    takes = Takes({"1": OWN_LEVEL, "2": OWN_LEVEL}, {"1": [level(0.7)] * 4, "2": [ABOVE] * 96})

    assert takes.afford(lambda keyword, own: own if keyword == "1" else ABOVE)
    assert not takes.afford(lambda keyword, own: ABOVE if keyword == "1" else own)


def test_a_keyword_that_is_hardly_heard_any_more_is_named() -> None:
    told = Figure(1.0, count(20.0, {}), 0, Choice(0, {"2": TOP}), {"2": 0.99, "1": 0.9}, (), NO_TAKES)

    assert told.fields()["hardly_heard"] == ["2"]
    assert told.text.endswith("kept, but 2 hardly heard")


def test_takes_that_are_not_heard_anyway_are_no_price() -> None:
    takes = takes_heard(THRESHOLDS, [("1", 0.9), ("1", None), ("2", 0.7)])

    assert (takes.heard, takes.unheard) == (2, 1)
    assert takes.missed(lambda _, own: own) == 0


@pytest.mark.parametrize(
    ("days", "accepts", "at_most", "state"),
    [
        (0.0, {}, None, State.NOTHING),
        (1.0, {}, 2.9957, State.EARLY),
        (3.0, {}, 0.9986, State.KEPT),
        (10.0, {"1": [0.9] * 4}, 0.9154, State.KEPT),
        (10.0, {"1": [0.9] * 5}, 1.0513, State.DEAR),
    ],
)
def test_the_figure_has_the_exact_bound(
    days: float, accepts: dict[str, list[float]], at_most: float | None, state: State
) -> None:
    told = figure(days, accepts)

    assert told.at_most_per_day == (None if at_most is None else pytest.approx(at_most, abs=1e-4))
    assert told.state is state


def test_thresholds_that_were_chosen_for_the_budget_are_not_said_to_be_better_than_that() -> None:
    strict = figure(10.0, {"1": [0.9] * 9}, Choice(STRICTEST))

    assert strict.count.accepts(strict.choice) == 0
    assert strict.at_most_per_day == pytest.approx(0.9154, abs=1e-4)


def test_it_says_how_many_hours_are_missing() -> None:
    assert figure(1.0, {}).hours_missing == pytest.approx(24 * (2.9957 - 1), abs=0.01)
    assert figure(0.0, {}).hours_missing == pytest.approx(24 * 2.9957, abs=0.01)
    assert figure(3.0, {}).hours_missing == 0


def test_what_is_published_says_all_that_is_known() -> None:
    takes = Takes({"1": OWN_LEVEL}, {"1": [OWN_LEVEL, ABOVE]}, unheard=1)
    told = Figure(1.0, count(20.0, {"1": [0.7] * 20}), 2, Choice(4), {"1": 0.81234}, ("2",), takes).fields()

    assert told == {
        "schema": 1,
        "state": "kept",
        "budget_per_day": 1.0,
        "at_most_per_day": 0.972,
        "confidence": 0.95,
        "hours": 480.0,
        "hours_missing": 0.0,
        "counted": 0,
        "reported": 2,
        "model_alone": {"counted": 20, "at_most_per_day": 1.45},
        "thresholds": {"1": 0.8123},
        "hardly_heard": [],
        "overruled": ("2",),
        "cost": {"takes": 3, "missed_by_model_alone": 1, "missed_more": 1},
        "text": "0 in 480 h in which nobody spoke: at most 0.97 a day; kept",
    }


def test_without_takes_the_price_is_not_known() -> None:
    assert figure(1.0, {}).fields()["cost"] is None


@pytest.mark.parametrize(
    ("spans", "now", "within"),
    [
        (["23:00-06:00"], time(23, 0), True),
        (["23:00-06:00"], time(5, 59), True),
        (["23:00-06:00"], time(6, 0), False),
        (["23:00-06:00"], time(12, 0), False),
        (["09:00-12:30", "14:00-17:00"], time(12, 29), True),
        (["09:00-12:30", "14:00-17:00"], time(13, 0), False),
        (["00:00-00:00"], time(3, 0), True),
        ([], time(3, 0), False),
    ],
)
def test_hours_are_within_their_spans_over_midnight_too(spans: list[str], now: time, *, within: bool) -> None:
    assert is_within(spans, now) == within
