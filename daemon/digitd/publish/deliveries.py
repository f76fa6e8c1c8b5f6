"""What the broker was told and has not answered yet, and what it did not allow. Pure: time comes in."""

from typing import Final

AT_ONCE: Final = 20
"""So many may be unanswered: as many as paho sends, and most brokers allow; more would age unseen."""

HOLD_S: Final = 1.0
HUNG_S: Final = 3.0
"""Sooner than a detection expires by default: on a connection that died silently it is sent again in time."""


class Deliveries:
    """What was sent and not answered, oldest first.

    A broker that hangs still has what reached its machine, and if it ever goes on it may pass that on, as
    late as that is. So nothing more is sent while it owes us an answer for `HOLD_S`, and after `HUNG_S` it
    counts as hung.

    Attributes:
        refused: Why the broker did not take what was last said on a topic, where it did not.
    """

    def __init__(self) -> None:
        self._unanswered: dict[int, tuple[str, float]] = {}
        self._at_once = AT_ONCE
        self.refused: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._unanswered)

    def begin(self, at_once: int) -> None:
        """Expect nothing: it is another connection, on which so many may be unanswered."""
        self._unanswered.clear()
        self._at_once = min(at_once, AT_ONCE)
        self.refused.clear()

    def sent(self, mid: int, topic: str, now: float) -> None:
        """Expect an answer to this packet identifier."""
        self._unanswered[mid] = (topic, now)

    def answered(self, mid: int, refusal: str | None) -> None:
        """Note the answer, which says why if it is a refusal."""
        topic, _ = self._unanswered.pop(mid, ("", 0.0))
        if refusal is None:
            self.refused.pop(topic, None)
        elif topic:
            self.refused[topic] = refusal

    def may_send(self, now: float) -> bool:
        """Whether the broker keeps up with what it is told."""
        return len(self) < self._at_once and self._owed_s(now) < HOLD_S

    def is_hung(self, now: float) -> bool:
        """Whether an answer is so long overdue that there is no hope for this connection."""
        return self._owed_s(now) >= HUNG_S

    def _owed_s(self, now: float) -> float:
        return max((now - at for _, at in self._unanswered.values()), default=0.0)
