"""How long things take, as Prometheus counts it: so many took no longer than each of some bounds. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DETECTOR: Final = "detector"
NETWORKS: Final = ("one", "two")

STAGE_BOUNDS_S: Final = (1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
LATENCY_BOUNDS_S: Final = (0.05, 0.1, 0.13, 0.15, 0.17, 0.2, 0.25, 0.3, 0.5, 1.0, 2.0, 5.0)
"""Closest where it should be: a little more than `detector.hang_over_ms`."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """Durations, as they were at one moment.

    Attributes:
        bounds_s: Upper bounds, seconds, rising.
        counts: How many lie within each bound and above the one before; last, how many lie above all.
        sum_s: All together.
    """

    bounds_s: Sequence[float]
    counts: Sequence[int]
    sum_s: float


class Durations:
    """Counts durations since the start.

    Args:
        bounds_s: As `Distribution` has them.
    """

    def __init__(self, bounds_s: Sequence[float]) -> None:
        self._bounds_s = bounds_s
        self._counts = [0] * (len(bounds_s) + 1)
        self._sum_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._bounds_s, seconds)] += 1
        self._sum_s += seconds

    def so_far(self) -> Distribution:
        """Return what has been counted, as something that does not change any more."""
        return Distribution(self._bounds_s, tuple(self._counts), self._sum_s)


class Timings:
    """Durations of all that is timed.

    Attributes:
        latency: From the end of a word to when it had been handed over for the broker.
    """

    def __init__(self) -> None:
        self.latency = Durations(LATENCY_BOUNDS_S)
        self._stages = {stage: Durations(STAGE_BOUNDS_S) for stage in (DETECTOR, *NETWORKS)}

    def block(self, took_s: float) -> None:
        """Count how long the detector took for a block."""
        self._stages[DETECTOR].add(took_s)

    def utterance(self, took_s: Sequence[float]) -> None:
        """Count how long each network took that was asked about an utterance, the first one first."""
        for stage, seconds in zip(NETWORKS, took_s, strict=False):
            self._stages[stage].add(seconds)

    def stages(self) -> dict[str, Distribution]:
        """Return what has been counted, by stage."""
        return {stage: durations.so_far() for stage, durations in self._stages.items()}
