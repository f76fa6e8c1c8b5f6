"""What we want to hear, and whether the broker lets us. Pure: time comes in."""

import math
from collections.abc import Sequence


class Subscriptions:
    """The topics that the broker has to be asked for on each connection, and after a refusal once in a while.

    Attributes:
        refused: Why the broker does not let us hear a topic, where it does not.
    """

    def __init__(self, topics: Sequence[str], again_s: float) -> None:
        self._topics = tuple(topics)
        self._again_s = again_s
        self._wanted: tuple[str, ...] = ()
        self._asked: dict[int, tuple[str, ...]] = {}
        self._due = math.inf
        self.refused: dict[str, str] = {}

    def recall(self) -> None:
        """Ask for all of them: it is another connection."""
        self._asked.clear()
        self.refused.clear()
        self._wanted = self._topics
        self._due = -math.inf

    def take(self, now: float) -> tuple[str, ...]:
        """Return those to ask for; follow with `sent`."""
        if now < self._due:
            return ()
        self._due = math.inf
        return self._wanted

    def sent(self, topics: tuple[str, ...], mid: int) -> None:
        """Keep in mind which ones a packet identifier stands for."""
        self._asked[mid] = topics

    def answer(self, mid: int, refusals: Sequence[str | None], now: float) -> None:
        """Note the answers, one for each topic, which say why if they are refusals; others are ignored."""
        topics = self._asked.pop(mid, ())
        if not topics:
            return
        for topic, refusal in zip(topics, refusals, strict=True):
            if refusal is None:
                self.refused.pop(topic, None)
            else:
                self.refused[topic] = refusal
        if self.refused:
            self._wanted = tuple(self.refused)
            self._due = now + self._again_s
