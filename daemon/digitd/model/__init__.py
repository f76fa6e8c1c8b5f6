"""What the network is, where it lies and what it makes of an utterance."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model listens.

    Attributes:
        path: The model's file; empty for the one that is shipped.
    """

    path: str = ""
