"""What was said to us and not read yet. Filled by paho's thread, read by another; neither waits."""

from collections import deque
from typing import Final, NamedTuple

SIZE: Final = 100
LONGEST_BYTES: Final = 65_536


class Received(NamedTuple):
    """A message on a topic that we subscribed to.

    Attributes:
        topic: Below `<base>/<site>/`.
        payload: As it came, not looked at.
        at: `time.monotonic()` in seconds when it came.
    """

    topic: str
    payload: bytes
    at: float


class Inbox:
    """The latest messages, oldest first; each one that is not there any more unread was counted.

    Attributes:
        dropped: So many came while it was full.
        refused: So many were longer than `LONGEST_BYTES`.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._unread: deque[Received] = deque()
        self.dropped = 0
        self.refused = 0

    def put(self, topic: str, payload: bytes, at: float) -> None:
        """Keep a message; one writer at a time."""
        if len(payload) > LONGEST_BYTES:
            self.refused += 1
        elif len(self._unread) >= SIZE:
            self.dropped += 1
        else:
            self._unread.append(Received(topic.removeprefix(self._prefix), payload, at))

    def taken(self) -> list[Received]:
        """Remove and return what is there; one reader at a time."""
        return [self._unread.popleft() for _ in range(len(self._unread))]
