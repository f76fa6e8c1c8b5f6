"""What a terminal is told, for tests."""

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from digitd.monitor.reading import Picture, Pixels, Setting, Sound, State, Utterance

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def spoken(**different: Any) -> Utterance:  # noqa: ANN401 - any field of it
    """A seven that was acted on."""
    seven = Utterance(
        id="7",
        at=NOON,
        onset_s=1.0,
        offset_s=1.42,
        level_dbfs=-31.2,
        floor_dbfs=-62.0,
        name="7",
        accepted=True,
        reason=None,
        needed=0.75,
        top=[("7", 0.98), ("1", 0.01), ("else", 0.01)],
        picture=drawn(np.zeros((34, 50), np.uint8)),
        outline=None,
    )
    return msgspec.structs.replace(seven, **different)


def drawn(pixels: Pixels) -> Picture:
    return Picture(*pixels.shape, b64encode(pixels.tobytes()).decode())


def sound(*levels_dbfs: float) -> Sound:
    return Sound(list(levels_dbfs), onset_dbfs=-50.0, floor_dbfs=-60.0)


def state(*, muted: bool = False, threshold: float = 0.0, onset_db: float = 7.0) -> State:
    settings = [
        Setting("detector.onset_db", onset_db, 1, 40),
        Setting("detector.offset_db", 5, 1, 40),
        Setting("decision.threshold", threshold, 0.5, 0.999),
    ]
    return State("kitchen", muted, "adaptive", settings)
