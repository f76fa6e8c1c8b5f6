"""Miss rate against false accepts: what was heard once is decided again, threshold by threshold. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from digitd.decide import Bar
from digitd_training.data import ELSE
from digitd_training.evaluation.counting import is_stranger
from digitd_training.evaluation.hearing import Heard, accepted_at

HIGHEST = 0.999
"""The configuration takes none above."""

THRESHOLDS = (*(round(1 / (1 + float(np.exp(-x))), 4) for x in np.linspace(-3, 6.9, 100)), HIGHEST)
"""Evenly spaced in the logarithm of the odds, where posteriors are; 0.05 to 0.999."""


@dataclass(frozen=True, slots=True)
class Point:
    """What comes of one bar.

    Attributes:
        threshold: Common to all keywords; None for the model's own, one for each.
        missed: Keywords that were not published, or only as another.
        accepts: Keywords published where none was spoken, by what was played.
        words: Isolated other words, of which a keyword was published.
    """

    threshold: float | None
    missed: int
    accepts: dict[str, int]
    words: int


@dataclass(frozen=True, slots=True)
class Curve:
    """One recogniser's points.

    Attributes:
        recogniser: Its name.
        keywords: How many were spoken, by speakers never heard in training.
        hours: How much was played without a keyword, by what it was: running speech, noise.
        words: How many isolated other words were played.
        chosen: Where the model is used.
        points: From the least to the greatest threshold.
    """

    recogniser: str
    keywords: int
    hours: dict[str, float]
    words: int
    chosen: Point
    points: list[Point]


def curve(recogniser: str, heard: Sequence[Heard], bar: Bar) -> Curve:
    """Decide again at each threshold about what one recogniser heard; the margin of its bar stays."""
    keywords = [one for one in heard if one.clip.label != ELSE and is_stranger(one)]
    words = [one for one in heard if one.clip.label == ELSE and one.clip.whole]
    kinds: dict[str, list[Heard]] = {}
    for one in heard:
        if not one.clip.whole:
            kinds.setdefault(one.clip.kind, []).append(one)

    def point(threshold: float | None, bar: Bar) -> Point:
        return Point(
            threshold,
            sum(one.clip.label not in accepted_at(one.verdicts, bar) for one in keywords),
            {kind: sum(len(accepted_at(one.verdicts, bar)) for one in few) for kind, few in kinds.items()},
            sum(bool(accepted_at(one.verdicts, bar)) for one in words),
        )

    return Curve(
        recogniser,
        len(keywords),
        {kind: sum(one.seconds for one in few) / 3600 for kind, few in kinds.items()},
        len(words),
        point(None, bar),
        [point(threshold, _common(bar, threshold)) for threshold in THRESHOLDS],
    )


def _common(bar: Bar, threshold: float) -> Bar:
    return replace(bar, thresholds=dict.fromkeys(bar.thresholds, threshold))
