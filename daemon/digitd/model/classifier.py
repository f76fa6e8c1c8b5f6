"""Stage one: the network that looks at the reduced spectrogram."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitd.errors import ModelError
from digitd.features import BANDS, FRAMES, reduced_spectrogram
from digitd.messages import Float32, Float64
from digitd.model.bundle import Bundle
from digitd.model.runtime import Network

SLOWEST_RATIO = 25.0
"""An inference with fast kernels takes 1 to 5 times what NumPy takes for as many multiplications; without
them 30 and more."""


@dataclass(frozen=True, slots=True)
class SelfTestResult:
    """What the inferences at start showed.

    Attributes:
        inference_ms: The quickest of several.
        ratio: That time against NumPy's for as many multiplications, on this machine.
    """

    inference_ms: float
    ratio: float

    @property
    def is_slow(self) -> bool:
        """Whether the runtime has lost its fast kernels."""
        return self.ratio > SLOWEST_RATIO


class Classifier:
    """Names utterances by their reduced spectrogram.

    Args:
        bundle: The model file.

    Raises:
        ModelError: The tensors do not fit the card's labels and picture.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.card = bundle.card
        self._network = Network(bundle.network)
        _check_shape("takes", self._network.input.shape, (1, BANDS, FRAMES, 1))
        _check_shape("gives", self._network.output.shape, (1, len(self.card.labels)))

    def posteriors(self, samples: Float32) -> Float64:
        """Return the posterior of each label for an utterance's samples, shape (n,), full scale ±1.0.

        Raises:
            ModelError: The network gives none.
        """
        scores = self.scores(reduced_spectrogram(samples, self.card.features))
        tensor = self._network.output
        return as_posteriors((scores.astype(np.float64) - tensor.zero_point) * tensor.scale)

    def scores(self, picture: Float32) -> NDArray[np.int8]:
        """Return the output tensor for a picture, shape (34, 50), rounded to the input tensor's steps."""
        tensor = self._network.input
        steps = np.clip(np.rint(picture / tensor.scale) + tensor.zero_point, -128, 127)
        return self._network.run(steps.astype(np.int8))

    def self_test(self) -> SelfTestResult:
        """Repeat the card's inference.

        Raises:
            ModelError: The scores are not the stored ones: the runtime computes something else.
        """
        test = self.card.self_test
        picture = np.array(test.picture, np.int8)
        scores = tuple(self._network.run(picture).tolist())
        if max(abs(ours - stored) for ours, stored in zip(scores, test.scores, strict=True)) > 1:
            raise ModelError(
                f"the model's self-test gives {scores}, not {test.scores}: the TensorFlow Lite runtime "
                "computes wrongly on this machine; install the current ai-edge-litert"
            )
        inference_s = _quickest_s(lambda: self._network.run(picture))
        return SelfTestResult(inference_s * 1000, inference_s / _numpy_s(test.multiplications))


def as_posteriors(given: Float64) -> Float64:
    """Return what a network gives, scaled to sum to 1.

    Raises:
        ModelError: They are no posteriors: negative, not numbers, or all zero.
    """
    total = float(given.sum())
    if not (given.min() >= 0 and 0 < total < np.inf):  # so written, for it is false of NaN
        raise ModelError(f"a network gives {given.tolist()}, no posteriors; make the model anew")
    return given / total


def _check_shape(verb: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise ModelError(
            f"the network {verb} a tensor of shape {shape}, its card says {expected}: "
            "the two do not belong together; make the model anew with `digitd-train train`"
        )


def _quickest_s(call: Callable[[], object]) -> float:
    """The shortest of some runs: what the machine can do when nothing else wants it."""
    times_s = []
    for _ in range(7):
        began = time.perf_counter()
        call()
        times_s.append(time.perf_counter() - began)
    return min(times_s)


def _numpy_s(multiplications: int) -> float:
    """Time of a matrix product of so many multiplications."""
    left = np.ones((128, 128), np.float32)
    right = np.ones((128, max(multiplications // left.size, 1)), np.float32)
    return _quickest_s(lambda: left @ right)
