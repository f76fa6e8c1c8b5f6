"""Google's speech embedding, as pyopen-wakeword packs it: how an utterance and its surroundings sound.

The embedding was trained on far more speech than we can have (J. Lin et al., "Training Keyword Spotters with
Limited and Synthesized Speech Data", ICASSP 2020). Of the package only the two .tflite files are used, on the
runtime that we have already; its own library is never loaded.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from digitd.errors import ModelError
from digitd.messages import HEARD_AFTER_S, Float32, Utterance
from digitd.model.runtime import Network
from digitd.model.seal import digest

PACKAGE = "pyopen_wakeword"
MEL = "melspectrogram.tflite"
EMBEDDING = "embedding_model.tflite"
DIGESTS = {
    MEL: "96fa0adccb6e8cf95cb14465409a1a2898ee4a96a85bb9ed3c7eb0e68bf163e8",
    EMBEDDING: "c0aea21eb84a4ce90a08c870da41b7a7173b45269e6a3207c71d67c40f3a59d8",
}
"""SHA-256 of each file, the same in all versions of the package so far; why, see `seal`."""

RATE_HZ = 16_000
FULL_SCALE = 32_768
"""The mel front end takes samples of 16 bits, as floats."""

HOP = 160
WINDOW = 512
BANDS = 32
FRAMES = 76
"""Mel frames to one embedding."""

STRIDE = 8
"""Mel frames from one embedding to the next: 80 ms."""

SIZE = 96

CURE = "`pip install --force-reinstall pyopen-wakeword==1.1.0`, or set model.verify: false"


def is_installed() -> bool:
    """Whether the embedding's package is there; it has none for 32-bit boards."""
    return find_spec(PACKAGE) is not None


class SpeechEmbedding:
    """Describes an utterance by some vectors, one each 80 ms, the last where its surroundings end.

    Args:
        count: How many vectors.

    Raises:
        ModelError: The package is not installed, lacks the files, or the runtime refuses them.
    """

    def __init__(self, count: int) -> None:
        self._frames = FRAMES + STRIDE * (count - 1)
        self._length = HOP * (self._frames - 1) + WINDOW
        self._mel = Network(_content(MEL), np.float32, (1, self._length))
        # Fed with more frames than one embedding takes, the network slides over them, as convolutions do: the
        # same vectors for a third of the time.
        self._embedding = Network(_content(EMBEDDING), np.float32, (1, self._frames, BANDS, 1))

    def __call__(self, utterance: Utterance) -> Float32:
        """Return the vectors, shape (count, 96); silence stands in for what was not heard."""
        mel = self._mel.run(self._window(utterance) * np.float32(FULL_SCALE))
        scaled = mel / np.float32(10) + np.float32(2)  # as the embedding was trained
        return self._embedding.run(scaled).reshape(-1, SIZE)

    def _window(self, utterance: Utterance) -> Float32:
        around = utterance.surroundings
        start = utterance.offset + round(HEARD_AFTER_S * RATE_HZ) - self._length
        first, last = max(around.start, start), min(around.end, start + self._length)
        window = np.zeros(self._length, np.float32)
        window[first - start : last - start] = around.samples[first - around.start : last - around.start]
        return window


def _content(name: str) -> bytes:
    package = find_spec(PACKAGE)  # found, not imported: that would take as long as all else at start
    if not package or not package.origin:
        raise ModelError("pyopen-wakeword is not installed: `pip install pyopen-wakeword`")
    try:
        content = (Path(package.origin).parent / "models" / name).read_bytes()
    except OSError as error:
        raise ModelError(f"the speech embedding's {name} cannot be read ({error}): {CURE}") from error
    if digest(content) != DIGESTS[name]:
        raise ModelError(
            f"the speech embedding's {name} is damaged, or of a version that we do not know: {CURE}"
        )
    return content
