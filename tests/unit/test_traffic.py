"""First what we want to hear, then how things are, then what was heard; and no more than the broker takes."""

from collections.abc import Sequence

from digitd.publish.deliveries import HOLD_S, HUNG_S
from digitd.publish.payload import Message
from digitd.publish.traffic import Traffic


class Wire:
    """A line that goes nowhere, and remembers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def publish(self, message: Message, now: float) -> int:  # noqa: ARG002 - as a line has it
        self.said.append(message.topic)
        return len(self.said)

    def subscribe(self, topics: Sequence[str]) -> int:
        self.said.append("subscribe " + " ".join(topics))
        return len(self.said)


def traffic(*detections: str) -> Traffic:
    """Return traffic at the beginning of a connection."""
    made = Traffic(outbox=10, topics=["canary", "request/+"], again_s=30.0)
    made.states.put("availability", b"online")
    for topic in detections:
        made.outbox.put(Message(topic, b"", expires=60.0), now=0.0)
    made.start_over(at_once=20)
    return made


def test_first_things_go_first() -> None:
    wire = Wire()

    traffic("event", "keyword").flow(wire, now=0.0)

    assert wire.said == ["subscribe canary request/+", "availability", "event", "keyword"]


def test_a_broker_that_takes_three_at_once_gets_three_at_once() -> None:
    wire, waiting = Wire(), traffic("event", "keyword")
    waiting.start_over(at_once=3)

    waiting.flow(wire, now=0.0)
    assert len(wire.said) == 3

    waiting.answer(1, [None, None], now=0.1)
    waiting.flow(wire, now=0.1)

    assert len(wire.said) == 4
    assert not waiting.is_answered()


def test_a_broker_that_owes_answers_is_told_nothing_more() -> None:
    wire, waiting = Wire(), traffic("event")
    waiting.flow(wire, now=0.0)
    waiting.outbox.put(Message("keyword", b"", expires=60.0), now=HOLD_S)

    waiting.flow(wire, now=HOLD_S)

    assert wire.said[-1] == "event"
    assert waiting.is_stuck(now=HUNG_S)


def test_another_connection_gets_all_that_was_not_answered_in_the_same_order() -> None:
    wire, waiting = Wire(), traffic("event", "keyword", "last")
    waiting.flow(wire, now=0.0)
    for mid, refusals in ((1, [None, None]), (2, [None]), (3, [None])):
        waiting.answer(mid, refusals, now=0.0)
    again = Wire()

    waiting.start_over(at_once=20)
    waiting.flow(again, now=0.0)

    assert again.said == ["subscribe canary request/+", "availability", "keyword", "last"]


def test_what_is_refused_is_known_by_topic_until_it_is_not() -> None:
    wire, waiting = Wire(), traffic()
    waiting.flow(wire, now=0.0)

    waiting.answer(1, [None, "Not authorized"], now=0.0)
    waiting.answer(2, ["Quota exceeded"], now=0.0)

    assert waiting.refused == {
        "messages": {"availability": "Quota exceeded"},
        "subscriptions": {"request/+": "Not authorized"},
    }
    waiting.flow(wire, now=30.0)
    for mid in (3, 4):
        waiting.answer(mid, [None], now=30.0)
    assert waiting.refused == {}
