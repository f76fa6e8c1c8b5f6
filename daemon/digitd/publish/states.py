"""Retained topics: the broker is told the latest of each, once. Pure: time comes in."""

import math

from digitd.publish.payload import Message


class States:
    """The latest payload of each retained topic, and when the broker is to be told.

    There is one for each topic however long the broker is away, so nothing grows and nothing expires. What
    the broker refused is offered again after a while: somebody may have allowed it.
    """

    def __init__(self, again_s: float) -> None:
        self._again_s = again_s
        self._latest: dict[str, bytes] = {}
        self._due: dict[str, float] = {}
        self._in_flight: dict[int, str] = {}

    def put(self, topic: str, payload: bytes) -> None:
        """Keep the latest; one that is the same as before changes nothing."""
        if self._latest.get(topic) == payload:
            return
        self._latest[topic] = payload
        self._due[topic] = -math.inf

    def repeat(self, topic: str) -> None:
        """Tell the latest again."""
        self._due[topic] = -math.inf

    def take(self, now: float) -> Message | None:
        """Return one that the broker has to be told; follow with `sent`."""
        topic = next((topic for topic, due in self._due.items() if due <= now), None)
        if topic is None:
            return None
        del self._due[topic]
        return Message(topic, self._latest[topic], retain=True)

    def sent(self, topic: str, mid: int) -> None:
        """Keep in mind which one a packet identifier stands for."""
        self._in_flight[mid] = topic

    def acknowledge(self, mid: int, now: float, *, accepted: bool) -> None:
        """Note the broker's answer; identifiers of other messages are ignored."""
        topic = self._in_flight.pop(mid, None)
        if topic is not None and not accepted:
            self._due.setdefault(topic, now + self._again_s)

    def recall(self) -> None:
        """Tell all of them again, in the order in which they first came: it is another connection."""
        self._in_flight.clear()
        self._due = dict.fromkeys(self._latest, -math.inf)
