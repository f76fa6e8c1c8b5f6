"""Utterances as the page shows them, for tests."""

from datetime import UTC, datetime

import numpy as np

from digitd.features import FeatureSettings
from digitd.messages import Detection, Rejection, Score, Utterance
from digitd.monitor.tap import Seen

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
RATE_HZ = 16_000


def utterance(onset: int = 0) -> Utterance:
    """Half a second of noise."""
    samples = np.random.default_rng(1).standard_normal(RATE_HZ // 2).astype(np.float32)
    return Utterance(onset, samples, onset, onset + len(samples), -20.0, -60.0)


def seen(onset: int = 0, label: str = "7", *, accepted: bool = True, shown: bool = True) -> Seen:
    """An utterance that was acted on, or not."""
    score = Score({label: 0.9, "1": 0.06, "else": 0.03, "2": 0.01})
    said = utterance(onset)
    verdict = (
        Detection(label, score, said, NOON, NOON, 0.0)
        if accepted
        else Rejection("below threshold", score, said)
    )
    return Seen(verdict, label if shown else "*", shown, NOON, 0.75, FeatureSettings())
