"""Weights and thresholds, chosen on made-up posteriors."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.messages import Float64
from digitd.model.bundle import OperatingPoint
from digitd.model.cascade import pooled
from digitd_training.calibrate import Trial, gate, operating_point
from digitd_training.recipe import Budget

pytestmark = pytest.mark.training

LABELS = ("1", "2", "else")
ELSE = LABELS.index("else")
BUDGET = Budget(scenes=1, speech=2.0, noise=2.0, words=0.02, lowest=0.3, margin=0.1)
HOURS = {"speech": 1.0, "noise": 1.0}


def posteriors(truth: np.ndarray, certainty: float, rng: np.random.Generator) -> Float64:
    """Softmax of noise in which the truth stands out by `certainty`."""
    logits = rng.normal(0, 1, (len(truth), len(LABELS)))
    logits[np.arange(len(truth)), truth] += certainty
    exponentials = np.exp(logits)
    found: Float64 = exponentials / exponentials.sum(axis=1, keepdims=True)
    return found


def made_up(certainties: tuple[float, ...], each: int = 1000) -> Trial:
    """As many utterances of each keyword, of other words, of running speech and of noise."""
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1, ELSE, ELSE, ELSE], each)
    kinds = np.repeat(["word", "word", "word", "speech", "noise"], each)
    stages = np.stack([posteriors(truth, certainty, rng) for certainty in certainties], axis=1)
    return Trial(stages, truth, kinds, HOURS)


def accepted(trial: Trial, point: OperatingPoint) -> np.ndarray:
    """Which utterances are taken for a keyword."""
    stages = [trial.stages[:, stage] for stage in range(len(point.weights))]
    joined = pooled(stages, point.weights)
    least = np.array([point.thresholds.get(label, 2.0) for label in LABELS])
    best = joined.argmax(axis=1)
    taken: np.ndarray = joined[np.arange(len(best)), best] >= least[best]
    return taken


def test_the_budget_of_false_accepts_is_kept() -> None:
    trial = made_up((3.0,))

    taken = accepted(trial, operating_point(trial, LABELS, BUDGET, stages=1))

    for kind, most in {"speech": 2, "noise": 2, "word": 0.02 * 1000}.items():
        assert np.count_nonzero(taken & (trial.truth == ELSE) & (trial.kinds == kind)) <= most
    assert np.count_nonzero(taken & (trial.truth != ELSE)) > 0


def test_a_budget_that_no_threshold_keeps_is_said_not_to_be_kept() -> None:
    sure = made_up((30.0,))
    talk = np.flatnonzero(sure.kinds == "speech")[:20]
    mistaken = replace(sure, stages=sure.stages.copy())
    mistaken.stages[talk] = sure.stages[0]  # as a "1"

    kept, not_kept = (
        operating_point(trial, LABELS, BUDGET, stages=1).chosen_for for trial in (sure, mistaken)
    )

    assert "at most 2 false accepts an hour of running speech" in kept
    assert "not at most" not in kept
    assert "as few as its scores allow, which is not at most 2 false accepts an hour" in not_kept


def test_nothing_is_given_away_where_the_model_is_never_wrong() -> None:
    trial = made_up((30.0,))

    point = operating_point(trial, LABELS, BUDGET, stages=1)

    assert list(point.thresholds.values()) == pytest.approx([BUDGET.lowest] * 2, abs=0.01)
    assert accepted(trial, point)[trial.truth != ELSE].all()


def test_the_stage_that_knows_more_is_trusted_more() -> None:
    trial = made_up((1.0, 4.0))

    first, second = operating_point(trial, LABELS, BUDGET, stages=2).weights

    assert second > first


def test_two_stages_miss_less_than_one() -> None:
    trial = made_up((3.0, 3.0))

    alone, both = (
        accepted(trial, operating_point(trial, LABELS, BUDGET, stages))[trial.truth != ELSE].mean()
        for stages in (1, 2)
    )

    assert both > alone


def test_posteriors_that_are_too_sure_are_taken_back() -> None:
    modest = made_up((2.0,))
    boastful = Trial(pooled([modest.stages[:, 0]], (3.0,))[:, None], modest.truth, modest.kinds, HOURS)

    (trusted,), (taken_back,) = (
        operating_point(trial, LABELS, BUDGET, stages=1).weights for trial in (modest, boastful)
    )

    assert taken_back < trusted / 2


def test_what_stage_two_would_have_known_is_not_ruled_out() -> None:
    trial = made_up((3.0, 6.0))

    shut = gate(trial, LABELS)

    known = (trial.truth != ELSE) & (trial.stages[:, 1].argmax(axis=1) == trial.truth)
    assert 0.9 <= shut <= 1
    assert np.mean(trial.stages[known, 0, ELSE] >= shut) <= 0.002
