"""When a score is enough to act on: how far each stage is trusted, and a threshold for each keyword.

Chosen on the development speakers, in scenes of their own; never on what the model has learned from, and
never on what is judged elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from scipy.optimize import minimize

from digitd.messages import Float64, Utterance
from digitd.model.bundle import Bundle, OperatingPoint
from digitd.model.cascade import pooled
from digitd.model.classifier import Classifier
from digitd.model.verifier import Verifier
from digitd_training.data import ELSE, Recording
from digitd_training.examples import Played, play
from digitd_training.recipe import Budget, Recipe

CHEAPEST, RAISE, RAISES = 1e-6, 1.2, 1000
"""What a whole budget of false accepts is worth at first, as a share of one keyword's utterances; by how much
it is raised at a time, and how often at most."""

Steps: TypeAlias = "np.ndarray[tuple[int], np.dtype[np.int64]]"
STEPS = np.linspace(0, 1, 201)[1:-1]

GATED = 0.001
"""Share of keywords that stage one may rule out although stage two would have known them."""

LEAST_GATE = 0.9

NOT_KEPT = "as few as its scores allow, which is not at most"


class Stages:
    """What each stage of a model file makes of an utterance."""

    def __init__(self, bundle: Bundle) -> None:
        self._classifier = Classifier(bundle)
        self._verifier = Verifier(bundle) if bundle.card.verifier else None

    def __call__(self, utterance: Utterance) -> Float64:
        """Return the posteriors, shape (stages, labels)."""
        stages = [self._classifier.posteriors(utterance.samples)]
        if self._verifier:
            stages.append(self._verifier.posteriors(utterance))
        return np.stack(stages)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Development utterances as the stages see them.

    Attributes:
        stages: Posteriors, shape (utterances, stages, labels).
        truth: Index of the label that was spoken, shape (utterances,).
        kinds: `word`, `speech` or `noise`, shape (utterances,).
        hours: Of running speech and of noise that were played.
    """

    stages: Float64
    truth: np.ndarray[tuple[int], np.dtype[np.int64]]
    kinds: np.ndarray[tuple[int], np.dtype[np.str_]]
    hours: dict[str, float]


def trial(recipe: Recipe, recordings: Sequence[Recording], bundle: Bundle) -> Trial:
    """Play the development speakers to both stages."""
    numbers = range(recipe.scenes, recipe.scenes + recipe.budget.scenes)
    played: Played[Float64] = play(recipe, recordings, numbers, partial(Stages, bundle))
    labels = bundle.card.labels
    return Trial(
        stages=np.stack([example.seen for example in played.examples]),
        truth=np.array([labels.index(example.label) for example in played.examples]),
        kinds=np.array([example.kind for example in played.examples]),
        hours={kind: played.seconds[kind] / 3600 for kind in ("speech", "noise")},
    )


def operating_point(seen: Trial, labels: tuple[str, ...], budget: Budget, stages: int) -> OperatingPoint:
    """Choose weights and thresholds for the first so many stages.

    Weights make the truth likeliest. Thresholds then miss as few keywords as the budget of false accepts
    allows; what a false accept costs is the same for every keyword.
    """
    weights = _weights(seen, stages)
    posteriors = pooled([seen.stages[:, stage] for stage in range(stages)], weights)
    thresholds, is_kept = _thresholds(posteriors, seen, labels, budget)
    return OperatingPoint(
        weights=weights,
        thresholds=thresholds,
        margin=budget.margin,
        chosen_for=f"in scenes of development speakers {'at most' if is_kept else NOT_KEPT} "
        f"{budget.speech:g} false accepts an hour of running speech, {budget.noise:g} an hour of noise "
        f"and music, {budget.words:.1%} of isolated other words",
    )


def gate(seen: Trial, labels: tuple[str, ...]) -> float:
    """Choose how sure stage one must be of "anything else" for stage two not to be asked."""
    other = labels.index(ELSE)
    known = (seen.truth != other) & (seen.stages[:, 1].argmax(axis=1) == seen.truth)
    ruled_out = seen.stages[known, 0, other]
    return float(np.clip(np.quantile(ruled_out, 1 - GATED), LEAST_GATE, 1.0)) if len(ruled_out) else 1.0


def _weights(seen: Trial, stages: int) -> tuple[float, ...]:
    def surprise(weights: Float64) -> float:
        posteriors = pooled([seen.stages[:, stage] for stage in range(stages)], tuple(weights))
        return -float(np.log(posteriors[np.arange(len(seen.truth)), seen.truth]).mean())

    found = minimize(surprise, np.full(stages, 1 / stages), bounds=[(0.05, 3.0)] * stages)
    return tuple(round(float(weight), 3) for weight in found.x)


def _thresholds(
    posteriors: Float64, seen: Trial, labels: tuple[str, ...], budget: Budget
) -> tuple[dict[str, float], bool]:
    """Miss as few keywords as the budgets of false accepts allow; say whether those could be kept."""
    keywords = [label for label in labels if label != ELSE]
    missed = np.stack([_missed(posteriors, seen, labels.index(label)) for label in keywords])
    spent = np.stack([_spent(posteriors, seen, labels, label, budget) for label in keywords])
    missed[:, budget.lowest > STEPS] = np.inf
    chosen = _within_budget(missed, spent)
    if is_kept := bool(_total(spent, chosen).max() <= 1):
        chosen = _spend_the_rest(chosen, missed, spent)
    return {label: round(float(STEPS[at]), 3) for label, at in zip(keywords, chosen, strict=True)}, is_kept


def _within_budget(missed: Float64, spent: Float64) -> Steps:
    """Raise the price of what is overspent, a kind of false accept at a time, until each budget is kept.

    Lagrange's multipliers: at given prices each keyword's threshold is its own best.

    Args:
        missed: Share of each keyword's utterances that are missed at each step, shape (keywords, steps).
        spent: Part of each budget that goes to it there, shape (keywords, budgets, steps).

    Returns:
        Each keyword's step; where no step keeps a budget, one beyond which nothing more is kept out.
    """
    chosen: Steps = missed.argmin(axis=1)
    prices = np.full(spent.shape[1], CHEAPEST)
    for _ in range(RAISES):
        chosen = (missed + np.tensordot(spent, prices, axes=(1, 0))).argmin(axis=1)
        total = _total(spent, chosen)
        if total.max() <= 1:
            break
        prices[total.argmax()] *= RAISE
    return chosen


def _total(spent: Float64, chosen: Steps) -> Float64:
    """Part of each budget that is spent by all keywords together, shape (budgets,)."""
    total: Float64 = spent[np.arange(len(chosen)), :, chosen].sum(axis=0)
    return total


def _spend_the_rest(chosen: Steps, missed: Float64, spent: Float64) -> Steps:
    """Lower thresholds, each time the one that saves most keywords, for as long as the budgets are kept."""
    everyone = np.arange(len(missed))
    while True:
        total = _total(spent, chosen)
        affordable = (total[:, None] - spent[everyone, :, chosen][:, :, None] + spent <= 1).all(axis=1)
        saved = np.where(affordable, missed[everyone, chosen][:, None] - missed, 0.0)
        if saved.max() <= 0:
            return chosen
        keyword, step = np.unravel_index(saved.argmax(), saved.shape)
        chosen = np.where(everyone == keyword, step, chosen)


def _missed(posteriors: Float64, seen: Trial, keyword: int) -> Float64:
    """Share of a keyword's utterances that are missed at each step of its threshold, shape (steps,).

    Where none is known a stricter threshold is not for nothing: as if their posteriors were spread evenly.
    """
    own = posteriors[(seen.truth == keyword) & (posteriors.argmax(axis=1) == keyword), keyword]
    return np.array([np.mean(own < step) if len(own) else step for step in STEPS])


def _spent(
    posteriors: Float64, seen: Trial, labels: tuple[str, ...], keyword: str, budget: Budget
) -> Float64:
    """Part of each budget that goes to a keyword at each step of its threshold, shape (3, steps)."""
    taken = (posteriors.argmax(axis=1) == labels.index(keyword)) & (seen.truth == labels.index(ELSE))
    words = np.count_nonzero((seen.kinds == "word") & (seen.truth == labels.index(ELSE)))
    allowed = {
        "speech": budget.speech * seen.hours["speech"],
        "noise": budget.noise * seen.hours["noise"],
        "word": budget.words * words,
    }
    rows = []
    for kind, most in allowed.items():
        own = posteriors[taken & (seen.kinds == kind), labels.index(keyword)]
        rows.append([np.count_nonzero(own >= step) / max(most, 1e-9) for step in STEPS])
    return np.array(rows)
