"""Stage two: looks again, at the speech embedding, where stage one did not rule a keyword out."""

import numpy as np

from digitd.errors import ModelError
from digitd.messages import AudioBlock, Float64, Utterance
from digitd.model import embedding
from digitd.model.bundle import Bundle
from digitd.model.classifier import as_posteriors
from digitd.model.embedding import SpeechEmbedding
from digitd.model.runtime import Network

TOLERANCE = 0.02
"""Of a posterior in the self-test; floating point differs a little from processor to processor."""


class Verifier:
    """Names utterances by their speech embedding.

    Args:
        bundle: The model file, which holds the head.

    Attributes:
        card: What the file says of stage two.

    Raises:
        ModelError: The file has no stage two, its tensors do not fit the card, the runtime refuses them, or
            the embedding is not installed.
    """

    def __init__(self, bundle: Bundle) -> None:
        if not bundle.card.verifier:
            raise ModelError("the model has no second stage")
        self.card = bundle.card.verifier
        self._embedding = SpeechEmbedding(self.card.embeddings)
        self._head = Network(bundle.head, np.float32)
        taken, given = self._head.input.shape, self._head.output.shape
        if (
            bundle.card.features.rate_hz != embedding.RATE_HZ
            or taken != (1, self.card.embeddings, embedding.SIZE)
            or given != (1, len(bundle.card.labels))
        ):
            raise ModelError(
                f"stage two takes {taken} and gives {given}, its card says otherwise: "
                "the two do not belong together; make the model anew with `digitd-train train`"
            )

    def posteriors(self, utterance: Utterance) -> Float64:
        """Return the posterior of each label.

        Raises:
            ModelError: The head gives none.
        """
        return as_posteriors(self._head.run(self._embedding(utterance)).astype(np.float64))

    def self_test(self) -> None:
        """Play a sweep and compare with what the card says.

        Raises:
            ModelError: The posteriors are not the stored ones.
        """
        heard = self.posteriors(sweep())
        if np.abs(heard - self.card.self_test).max() > TOLERANCE:
            raise ModelError(
                "stage two computes something else than when the model was made: install the version of "
                "pyopen-wakeword that the model's card names, or set model.verify: false"
            )


def sweep() -> Utterance:
    """A rising tone of half a second, 200 to 3,200 Hz, amid silence: the self-test's utterance."""
    length = embedding.RATE_HZ // 2
    turns = np.cumsum(np.geomspace(200, 3200, length)) / embedding.RATE_HZ
    tone = (0.1 * np.sin(2 * np.pi * turns)).astype(np.float32)
    around = AudioBlock(0, np.pad(tone, (embedding.RATE_HZ, length // 2)))
    onset = embedding.RATE_HZ
    return Utterance(onset, tone, onset, onset + length, -30.0, -120.0, surroundings=around)
