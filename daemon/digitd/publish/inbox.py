"""What was said to us and not read yet. Filled by paho's thread, read by another; neither waits."""

from collections import deque
from typing import Final, NamedTuple

from paho.mqtt.client import MQTTMessage

from digitd.publish.payload import Elsewhere

SIZE: Final = 100
LONGEST_BYTES: Final = 65_536


class Received(NamedTuple):
    """A message on a topic that we subscribed to.

    Attributes:
        topic: Below `<base>/<site>/`, or `Elsewhere`.
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
        refused: So many were longer than `LONGEST_BYTES`, or on a topic that is no text.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._unread: deque[Received] = deque()
        self.dropped = 0
        self.refused = 0

    def put(self, message: MQTTMessage, at: float) -> None:
        """Keep a message; one writer at a time."""
        if len(message.payload) > LONGEST_BYTES or not _is_text(message):
            self.refused += 1
        elif len(self._unread) >= SIZE:
            self.dropped += 1
        else:
            self._unread.append(Received(self._called(message.topic), bytes(message.payload), at))

    def taken(self) -> list[Received]:
        """Remove and return what is there; one reader at a time."""
        return [self._unread.popleft() for _ in range(len(self._unread))]

    def _called(self, topic: str) -> str:
        ours = topic.startswith(self._prefix)
        return topic.removeprefix(self._prefix) if ours else Elsewhere(topic)


def _is_text(message: MQTTMessage) -> bool:
    """Say whether the topic is what it has to be; not every broker sees to that, and paho leaves it to us."""
    try:
        return bool(message.topic)
    except UnicodeDecodeError:
        return False
