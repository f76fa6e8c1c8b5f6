"""What the network is, where it lies and what it makes of an utterance."""

from dataclasses import dataclass
from pathlib import Path

SHIPPED = Path(__file__).parent / "digits.tflite"
"""The model that comes with digitd."""

CANARY = Path(__file__).parent / "canary.flac"
"""A stored digit, 1.5 s, 16 kHz: "four", by flite's voice awb, in a quiet room.

    sox demo/digits.flac model/canary.flac trim 17.7 1.5
"""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model listens.

    Attributes:
        path: The model's file; empty for the one that is shipped.
        verify: Whether stage two looks again at what stage one does not rule out, where the model has one
            and pyopen-wakeword is installed; off saves memory and a few milliseconds an utterance.
    """

    path: str = ""
    verify: bool = True

    @property
    def file(self) -> Path:
        """The model's file."""
        return Path(self.path) if self.path else SHIPPED
