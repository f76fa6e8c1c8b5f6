"""Where Prometheus's thread sees how the daemon is, and the main thread never waits for it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from digitd.clock import SYSTEM, Clock
from digitd.service.health import Health
from digitd.service.timings import Distribution

EVERY_S = 1.0
"""Prometheus asks every fifteen seconds or so."""


@dataclass(frozen=True, slots=True)
class Reading:
    """All that Prometheus is told, as it was at one moment; nothing in it changes any more.

    Attributes:
        health: What the topic `health` tells, too.
        connected: Whether the broker has let us in.
        latency: From the end of a word to when it had been handed over for the broker.
        stages: How long each stage of the pipeline took, by name.
    """

    health: Health
    connected: bool
    latency: Distribution
    stages: Mapping[str, Distribution]


class Board:
    """Shows the latest reading: replaced whole by one assignment, which needs no lock.

    Attributes:
        reading: The latest; None before the first.
    """

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self.reading: Reading | None = None
        self._clock = clock
        self._shown_at = -math.inf

    @property
    def due(self) -> bool:
        """Whether it is time for the next reading."""
        return self._clock.monotonic() - self._shown_at >= EVERY_S

    def show(self, reading: Reading) -> None:
        """Replace the reading."""
        self._shown_at = self._clock.monotonic()
        self.reading = reading
