"""Who is judged: the model as it is used, each of its stages alone, and stage one before it was rounded."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from digitd.decide import DecisionSettings
from digitd.errors import InputError, ModelError
from digitd.features import BANDS, FRAMES, reduced_spectrogram
from digitd.messages import Float64, Score, Utterance
from digitd.model.bundle import Bundle, ModelCard
from digitd.model.cascade import Cascade, pooled
from digitd.model.runtime import Network
from digitd.model.verifier import Verifier
from digitd.pipeline import bar
from digitd_training.evaluation.hearing import Maker, Recogniser

CASCADE = "both stages"
STAGE_ONE = "stage one alone"
STAGE_TWO = "stage two alone"
FLOAT = "stage one alone, float"


def ours(bundle: Bundle) -> list[Maker]:
    """The model as the daemon uses it here first, then each of its stages alone, where it has two."""
    if Cascade(bundle).alone_because:
        return [partial(stage_one, bundle)]
    return [partial(cascade, bundle), partial(stage_one, bundle), partial(stage_two, bundle)]


def unrounded(bundle: Bundle, path: Path) -> list[Maker]:
    """Stage one in floating point.

    Args:
        bundle: The model file, which holds it in int8.
        path: The .tflite file that `train` wrote beside it.

    Raises:
        InputError: It cannot be read.
        ModelError: It is no network of the same shape in floating point.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}; --float takes what `train` writes beside a model"
        ) from error
    FloatStageOne(content, bundle.card)  # complains here, not in another process
    return [partial(float_stage_one, bundle, content)]


def cascade(bundle: Bundle) -> Recogniser:
    """Both stages, as the daemon asks them."""
    return _recogniser(CASCADE, Cascade(bundle))


def stage_one(bundle: Bundle) -> Recogniser:
    """What the daemon is where the second stage is not installed or not wanted."""
    return _recogniser(STAGE_ONE, Cascade(bundle, verify=False))


def stage_two(bundle: Bundle) -> Recogniser:
    """Stage two asked about every utterance; held to the bar of both, as it has none of its own."""
    return replace(cascade(bundle), name=STAGE_TWO, scorer=StageTwo(bundle))


def float_stage_one(bundle: Bundle, content: bytes) -> Recogniser:
    """Stage one in floating point, held to the bar of the rounded one."""
    return replace(stage_one(bundle), name=FLOAT, scorer=FloatStageOne(content, bundle.card))


class StageTwo:
    """Asks nobody but stage two, and trusts it as far as both together do.

    Args:
        bundle: The model file, which holds its head.
    """

    def __init__(self, bundle: Bundle) -> None:
        self._labels = bundle.card.labels
        self._verifier = Verifier(bundle)
        self._weights = self._verifier.card.point.weights[1:]

    def score(self, utterance: Utterance) -> Score:
        """Return the posteriors of an utterance."""
        return _score(self._labels, pooled([self._verifier.posteriors(utterance)], self._weights))


class FloatStageOne:
    """Stage one as it was before it was rounded to int8.

    Args:
        content: Its .tflite file.
        card: What the model file says of the rounded one.

    Raises:
        ModelError: It is no network of the same shape in floating point.
    """

    def __init__(self, content: bytes, card: ModelCard) -> None:
        self._card = card
        self._network = Network(content, np.float32)
        shapes = self._network.input.shape, self._network.output.shape
        if shapes != ((1, BANDS, FRAMES, 1), (1, len(card.labels))):
            raise ModelError(
                f"the network in floating point takes and gives {shapes}; it is not of this model"
            )

    def score(self, utterance: Utterance) -> Score:
        """Return the posteriors of an utterance."""
        picture = reduced_spectrogram(utterance.samples, self._card.features)
        posteriors = self._network.run(picture).astype(np.float64)
        return _score(self._card.labels, pooled([posteriors], self._card.point.weights))


def _recogniser(name: str, scorer: Cascade) -> Recogniser:
    return Recogniser(name, scorer, bar(DecisionSettings(), scorer), scorer.card.features.rate_hz)


def _score(labels: Sequence[str], posteriors: Float64) -> Score:
    return Score(dict(zip(labels, posteriors.tolist(), strict=True)))
