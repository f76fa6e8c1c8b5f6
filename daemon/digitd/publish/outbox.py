"""Where messages wait for the broker's acknowledgement, and where they die of age. Pure: time comes in."""

from collections import deque

from digitd.publish.payload import Message


class Outbox:
    """Messages that the broker has not acknowledged yet, oldest first.

    Each message that was put in is counted once when it leaves, so at any time as many were put in as
    were published, expired, dropped and refused, and are still here.

    Attributes:
        published: So many were acknowledged.
        expired: So many grew older than their time to live.
        dropped: So many gave way to newer ones in a full outbox.
        refused: So many the broker did not allow.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._waiting: deque[Message] = deque()
        self._in_flight: dict[int, Message] = {}
        self.published = 0
        self.expired = 0
        self.dropped = 0
        self.refused = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._in_flight)

    def is_empty(self) -> bool:
        """Whether nothing waits and nothing is unacknowledged."""
        return len(self) == 0

    def put(self, message: Message, now: float) -> None:
        """Add a message; when full, the oldest goes."""
        self.expire(now)
        if len(self) == self._size:
            self._drop_oldest()
        self._waiting.append(message)

    def take(self, now: float) -> Message | None:
        """Return the oldest message that waits and is still fresh; follow with `sent`."""
        self.expire(now)
        return self._waiting.popleft() if self._waiting else None

    def sent(self, message: Message, mid: int) -> None:
        """Keep a message that was taken until the broker acknowledges its packet identifier."""
        self._in_flight[mid] = message

    def acknowledge(self, mid: int, *, accepted: bool) -> None:
        """Let go of a message that arrived; identifiers of other messages are ignored."""
        if self._in_flight.pop(mid, None) is None:
            return
        if accepted:
            self.published += 1
            return
        self.refused += 1

    def recall(self) -> None:
        """Let everything unacknowledged wait again: the connection it went out on is gone."""
        self._waiting.extendleft(reversed(self._in_flight.values()))
        self._in_flight.clear()

    def expire(self, now: float) -> None:
        """Let go of waiting messages that are too old. One in flight may have arrived: it is spared."""
        fresh = [message for message in self._waiting if now < message.expires]
        self.expired += len(self._waiting) - len(fresh)
        self._waiting = deque(fresh)

    def _drop_oldest(self) -> None:
        if self._in_flight:
            del self._in_flight[next(iter(self._in_flight))]
        else:
            self._waiting.popleft()
        self.dropped += 1
