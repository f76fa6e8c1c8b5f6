"""Where times come from, and how subscribers see them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """Both clocks; tests bring their own.

    Attributes:
        now: Wall-clock time, UTC, for people and subscribers.
        monotonic: Seconds that no clock jump touches, the scale of `AudioBlock.captured_at`.
    """

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    monotonic: Callable[[], float] = time.monotonic


SYSTEM = Clock()
"""The machine's own."""


def timestamp(instant: datetime) -> str:
    """Return a time as payloads have it: `2026-11-22T15:04:05.123Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
