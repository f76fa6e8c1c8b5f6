"""Stand-ins for the world, and drawings of sound."""

import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

import numpy as np

from digitd.clock import Clock
from digitd.messages import AudioBlock, Float32

RATE_HZ = 1600
"""Low, so that drawings are cheap; the segmenter's window is then 10 samples."""

MARK_S = 0.05
"""How long one character of a drawing lasts."""

LEVELS = {"#": 0.1, "+": 0.004, ".": 0.0005, "_": 0.0}


def audio(sketch: str, rate_hz: int = RATE_HZ) -> Float32:
    """Turn a drawing into sound: '#' loud, '+' a little above the room, '.' the room, '_' digital silence."""
    mark = round(MARK_S * rate_hz)
    envelope = np.repeat([LEVELS[character] for character in sketch], mark)
    sound: Float32 = (envelope * np.resize([1.0, -1.0], len(envelope))).astype(np.float32)
    return sound


def blocks(samples: Float32, cuts: Sequence[int] = (), start: int = 0) -> Iterator[AudioBlock]:
    """Cut sound into blocks of the given lengths, then the rest in one."""
    at = 0
    for length in (*cuts, len(samples)):
        yield AudioBlock(start + at, samples[at : at + length])
        at = min(at + length, len(samples))


def room_noise(seconds: float, level_dbfs: float, rate_hz: int, seed: int = 1) -> Float32:
    """White noise of the given mean magnitude."""
    noise = np.random.default_rng(seed).standard_normal(round(seconds * rate_hz))
    levelled: Float32 = (noise / np.abs(noise).mean() * 10 ** (level_dbfs / 20)).astype(np.float32)
    return levelled


def joined(heard: Iterable[AudioBlock]) -> Float32:
    """The blocks' samples in a row."""
    return np.concatenate([np.empty(0, np.float32), *(block.samples for block in heard)])


class FakeClock:
    """A clock that goes when it is told to.

    Attributes:
        clock: As the rooms take it.
    """

    def __init__(self) -> None:
        self._passed_s = 1000.0
        self._jumped_s = 0.0
        self.clock = Clock(now=self.now, monotonic=self.monotonic)

    def now(self) -> datetime:
        """Return noon, and what has passed since, and how far the wall clock jumped."""
        passed = timedelta(seconds=self._passed_s - 1000 + self._jumped_s)
        return datetime(2026, 11, 26, 12, tzinfo=UTC) + passed

    def monotonic(self) -> float:
        """Return seconds."""
        return self._passed_s

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self._passed_s += seconds

    def jump_s(self, seconds: float) -> None:
        """Set the wall clock, as a time server does; no time passes."""
        self._jumped_s += seconds


class FakeSystemd:
    """A datagram socket that gets what systemd would; it holds ten datagrams, then the sender waits.

    Args:
        path: Of the socket.
        watchdog_s: Within this the sender has to show that it lives.
    """

    def __init__(self, path: Path, watchdog_s: float) -> None:
        self.environ = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(round(watchdog_s * 1e6))}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def told(self) -> list[str]:
        """Return the lines since the last time."""
        lines: list[str] = []
        while True:
            try:
                lines += self._socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return lines


@dataclass
class FakeVoice:
    """A broker that remembers what it was told.

    Attributes:
        connected: Whether it is there.
        trouble: Why it does not take what we say.
        online: What was said of the microphone, in order.
        states: The latest of each topic.
        repeated: Topics that were said again, in order.
        diagnostics: Topics and payloads, in order.
    """

    connected: bool = True
    trouble: str | None = None
    online: list[bool] = field(default_factory=list)
    states: dict[str, bytes] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    diagnostics: list[tuple[str, bytes]] = field(default_factory=list)

    def microphone(self, *, online: bool) -> None:
        self.online.append(online)

    def state(self, topic: str, payload: bytes) -> None:
        self.states[topic] = payload

    def repeat(self, topic: str) -> None:
        self.repeated.append(topic)

    def diagnostic(self, topic: str, payload: bytes, expires_s: float) -> None:  # noqa: ARG002 - as the real
        self.diagnostics.append((topic, payload))
