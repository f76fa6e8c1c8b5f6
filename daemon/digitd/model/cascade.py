"""Both stages as one: names utterances, asking the second only what the first does not rule out."""

from itertools import pairwise
from time import perf_counter

import numpy as np

from digitd.errors import ModelError
from digitd.messages import Float64, Score, Song, Utterance
from digitd.model import embedding
from digitd.model.bundle import Bundle, OperatingPoint
from digitd.model.classifier import Classifier, SelfTestResult
from digitd.model.verifier import Verifier

LEAST_POSTERIOR = 1 / 512
"""Half a step of an int8 posterior: a stage's "impossible" is no more certain than that."""


class Cascade:
    """The model as the pipeline knows it.

    Args:
        bundle: The model file.
        verify: Whether stage two is wanted.

    Attributes:
        card: What the file says of itself.
        point: When a score of this cascade is enough to act on.
        alone_because: Why stage one is alone; None where it is not.

    Raises:
        ModelError: The file's parts do not fit one another or the runtime.
    """

    def __init__(self, bundle: Bundle, *, verify: bool = True) -> None:
        self.card = bundle.card
        self.alone_because = _why_alone(bundle, verify=verify)
        self._classifier = Classifier(bundle)
        self._verifier = None if self.alone_because else Verifier(bundle)

    @property
    def point(self) -> OperatingPoint:
        """When a score is enough to act on."""
        return self._verifier.card.point if self._verifier else self.card.point

    @property
    def song(self) -> Song:
        """What this cascade should make of the stored digit.

        Raises:
            ModelError: The card does not say.
        """
        stages = 2 if self._verifier else 1
        if len(self.card.songs) < stages:
            raise ModelError("the model's card has no song for its stages: `digitd-train calibrate` adds it")
        return self.card.songs[stages - 1]

    def score(self, utterance: Utterance) -> Score:
        """Return the posteriors of an utterance.

        Raises:
            ModelError: The networks give no posteriors.
        """
        marks_s = [perf_counter()]
        stages = [self._classifier.posteriors(utterance.samples)]
        marks_s.append(perf_counter())
        if self._verifier and self._ruled_out(stages[0]) < self._verifier.card.gate:
            stages.append(self._verifier.posteriors(utterance))
            marks_s.append(perf_counter())
        posteriors = pooled(stages, self.point.weights[: len(stages)])
        took_s = tuple(after - before for before, after in pairwise(marks_s))
        return Score(dict(zip(self.card.labels, posteriors.tolist(), strict=True)), took_s)

    def self_test(self) -> SelfTestResult:
        """Repeat the card's inferences.

        Raises:
            ModelError: One gives something else.
        """
        if self._verifier:
            self._verifier.self_test()
        return self._classifier.self_test()

    def _ruled_out(self, posteriors: Float64) -> float:
        rejected = [label in self.card.rejected for label in self.card.labels]
        return float(posteriors[rejected].sum())


def pooled(stages: list[Float64], weights: tuple[float, ...]) -> Float64:
    """Join posteriors of the same labels: their weighted geometric mean, scaled to sum to 1.

    Logarithmic opinion pooling (C. Genest and J. Zidek, "Combining Probability Distributions", 1986); of a
    single stage it is temperature scaling.

    Args:
        stages: Each stage's posteriors, shape (..., labels).
        weights: How far each is trusted.
    """
    logarithms = sum(
        weight * np.log(np.maximum(stage, LEAST_POSTERIOR))
        for stage, weight in zip(stages, weights, strict=True)
    )
    joined = np.exp(logarithms - np.max(logarithms, axis=-1, keepdims=True))
    return np.asarray(joined / joined.sum(axis=-1, keepdims=True))


def _why_alone(bundle: Bundle, *, verify: bool) -> str | None:
    if not bundle.card.verifier:
        return "the model has no second stage"
    if not verify:
        return "model.verify is off"
    if not embedding.is_installed():
        return "pyopen-wakeword is not installed"
    return None
