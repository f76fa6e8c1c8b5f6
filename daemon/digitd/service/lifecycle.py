"""From the first moment of the process to its orderly end: signals only raise a flag, which is looked at."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from digitd.messages import AudioBlock

_START_FIELD = 19
"""Of /proc/PID/stat after the name: when the process began, in clock ticks after boot (man 5 proc)."""


@contextmanager
def stop_requests() -> Iterator[Callable[[], bool]]:
    """Take SIGTERM and SIGINT for requests, and yield what tells whether one has come."""
    with _noted(signal.SIGTERM, signal.SIGINT) as received:
        yield lambda: bool(received)


@contextmanager
def reload_requests() -> Iterator[Callable[[], bool]]:
    """Take SIGHUP for a request, and yield what tells whether one has come since it was last asked."""
    with _noted(signal.SIGHUP) as received:

        def asked() -> bool:
            waiting = bool(received)
            received.clear()
            return waiting

        yield asked


@contextmanager
def _noted(*kinds: signal.Signals) -> Iterator[list[int]]:
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    previous = {kind: signal.signal(kind, note) for kind in kinds}
    try:
        yield received
    finally:
        for kind, handler in previous.items():
            signal.signal(kind, handler)


def until(stopped: Callable[[], bool], blocks: Iterable[AudioBlock]) -> Iterator[AudioBlock]:
    """Pass audio on until it is asked to stop; a source's heartbeat keeps that from taking long."""
    for block in blocks:
        if stopped():
            return
        yield block


def seconds_since_start() -> float:
    """Return how long this process has existed, the start of the interpreter included."""
    fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    began_s = int(fields[_START_FIELD]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - began_s
