"""How sure the model must be of parts, chosen on made-up mistakes."""

from collections import Counter

import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd_training.part_bar import Taken, least
from digitd_training.recipe import Budget

pytestmark = pytest.mark.training

BUDGET = Budget(scenes=1, speech=4.0, noise=4.0, words=0.04, lowest=0.3, margin=0.1, parts=0.5)
AN_HOUR_EACH: Counter[str] = Counter({"speech": 3600, "noise": 3600})


def test_where_nothing_is_mistaken_parts_need_no_more_than_half() -> None:
    assert least(Taken({}, AN_HOUR_EACH, 100), BUDGET) == 0.5


def test_only_so_many_of_the_surest_mistakes_are_let_through() -> None:
    taken = Taken({"speech": [0.6, 0.7, 0.8, 0.9]}, AN_HOUR_EACH, 100)

    assert 0.7 < least(taken, BUDGET) <= 0.8  # two an hour are half of four


def test_each_kind_of_mistake_has_its_own_budget() -> None:
    taken = Taken({"speech": [0.6], "word": [0.91, 0.92, 0.97]}, AN_HOUR_EACH, 100)

    assert 0.91 < least(taken, BUDGET) <= 0.92


def test_where_nothing_may_be_mistaken_the_surest_mistake_is_kept_out() -> None:
    taken = Taken({"noise": [0.999, 0.9999]}, Counter({"speech": 3600, "noise": 36}), 100)

    assert least(taken, BUDGET) == 1.0
