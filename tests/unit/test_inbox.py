"""What is said to us is kept in order, within bounds, and read once."""

from paho.mqtt.client import MQTTMessage

from digitd.publish.inbox import LONGEST_BYTES, SIZE, Inbox, Received
from digitd.publish.payload import Elsewhere


def message(topic: str, payload: bytes = b"") -> MQTTMessage:
    made = MQTTMessage(topic=topic.encode())
    made.payload = payload
    return made


def test_messages_are_read_once_in_order_below_the_prefix() -> None:
    inbox = Inbox("digitd/kitchen/")
    inbox.put(message("digitd/kitchen/mute/set", b"ON"), at=1.0)
    inbox.put(message("digitd/kitchen/canary", b"7"), at=2.0)

    assert inbox.taken() == [Received("mute/set", b"ON", 1.0), Received("canary", b"7", 2.0)]
    assert inbox.taken() == []


def test_what_comes_while_it_is_full_is_dropped_and_counted() -> None:
    inbox = Inbox("")
    for number in range(SIZE + 3):
        inbox.put(message(str(number)), at=0.0)

    taken = inbox.taken()

    assert [received.topic for received in taken] == [str(number) for number in range(SIZE)]
    assert inbox.dropped == 3


def test_what_is_too_long_is_refused_and_counted() -> None:
    inbox = Inbox("")

    inbox.put(message("a", b"x" * (LONGEST_BYTES + 1)), at=0.0)
    inbox.put(message("b", b"x" * LONGEST_BYTES), at=0.0)

    assert [received.topic for received in inbox.taken()] == ["b"]
    assert inbox.refused == 1


def test_a_topic_that_is_no_text_is_refused_and_counted() -> None:
    inbox = Inbox("")
    hostile = MQTTMessage(topic=b"request/\xff")

    inbox.put(hostile, at=0.0)

    assert inbox.taken() == []
    assert inbox.refused == 1


def test_what_is_not_below_the_prefix_is_elsewhere() -> None:
    inbox = Inbox("digitd/kitchen/")
    inbox.put(message("homeassistant/status"), at=0.0)
    inbox.put(message("digitd/kitchen/mute/set"), at=0.0)

    theirs, ours = inbox.taken()

    assert (theirs.topic, isinstance(theirs.topic, Elsewhere)) == ("homeassistant/status", True)
    assert not isinstance(ours.topic, Elsewhere)
