"""Clips, for tests."""

import numpy as np

from digitd.clips.album import Clip, Facts

RATE_HZ = 16_000
BYTES = 2 * RATE_HZ + 44
"""Of the sound of a clip."""

FACTS = Facts(
    at="2026-11-26T12:00:00.000Z",
    site="kitchen",
    heard="7",
    accepted=True,
    reason=None,
    needed=0.75,
    scores={"7": 0.9},
    onset_s=0.5,
    offset_s=0.9,
    model="digits-0.2.0",
)


def name(number: int) -> str:
    """What the clip of a number is called."""
    return f"20261126T120000{number:03d}"


def clip(number: int) -> Clip:
    """A second of sound."""
    return Clip(name(number), np.full(RATE_HZ, 0.25, np.float32), RATE_HZ, FACTS)
