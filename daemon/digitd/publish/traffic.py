"""All that is to be said, in the order in which it goes out, and all that was not answered yet."""

from collections.abc import Sequence
from typing import Protocol

from digitd.publish.deliveries import Deliveries
from digitd.publish.outbox import Outbox
from digitd.publish.payload import Message
from digitd.publish.states import States
from digitd.publish.subscriptions import Subscriptions


class Line(Protocol):
    """What it goes out on: a connection to a broker."""

    def publish(self, message: Message, now: float) -> int:
        """Send a message, and return the packet identifier."""

    def subscribe(self, topics: Sequence[str]) -> int:
        """Ask for what is said on these topics, and return the packet identifier."""


class Traffic:
    """What goes to the broker, first things first: what we want to hear, how things are, what was heard.

    Attributes:
        outbox: Detections that wait or are under way.
        states: Retained topics.
    """

    def __init__(self, outbox: int, topics: Sequence[str], again_s: float) -> None:
        self.outbox = Outbox(outbox)
        self.states = States(again_s)
        self._subscriptions = Subscriptions(topics, again_s)
        self._deliveries = Deliveries()

    @property
    def refused(self) -> dict[str, dict[str, str]]:
        """What the broker does not allow: messages and subscriptions, each by topic, with its reason."""
        kinds = {"messages": self._deliveries.refused, "subscriptions": self._subscriptions.refused}
        return {kind: topics for kind, topics in kinds.items() if topics}

    def start_over(self, at_once: int) -> None:
        """Forget what was under way: the connection is gone, and what is unanswered may not have arrived."""
        self._deliveries.begin(at_once)
        self._subscriptions.recall()
        self.states.recall()
        self.outbox.recall()

    def answer(self, mid: int, refusals: Sequence[str | None], now: float) -> None:
        """Note the broker's answer to a packet identifier, which says why if it is a refusal.

        There is one for each topic of a subscription, and one for anything else.
        """
        accepted = refusals[0] is None
        self._deliveries.answered(mid, refusals[0])
        self._subscriptions.answer(mid, refusals, now)
        self.states.acknowledge(mid, now, accepted=accepted)
        self.outbox.acknowledge(mid, accepted=accepted)

    def flow(self, line: Line, now: float) -> None:
        """Say all that is due, as far as the broker keeps up."""
        while self._deliveries.may_send(now) and self._say_next(line, now):
            pass

    def is_answered(self) -> bool:
        """Whether the broker has answered all that it was told."""
        return not self._deliveries

    def is_stuck(self, now: float) -> bool:
        """Whether the broker hangs, or the connection is dead without anybody having told."""
        return self._deliveries.is_hung(now)

    def say(self, line: Line, message: Message, now: float) -> int:
        """Send something that is worth nothing later, and return the packet identifier."""
        mid = line.publish(message, now)
        self._deliveries.sent(mid, message.topic, now)
        return mid

    def _say_next(self, line: Line, now: float) -> bool:
        if topics := self._subscriptions.take(now):
            mid = line.subscribe(topics)
            self._subscriptions.sent(topics, mid)
            self._deliveries.sent(mid, "", now)
        elif (state := self.states.take(now)) is not None:
            self.states.sent(state.topic, self.say(line, state, now))
        elif (message := self.outbox.take(now)) is not None:
            self.outbox.sent(message, self.say(line, message, now))
        else:
            return False
        return True
