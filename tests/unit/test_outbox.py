"""Nothing late, nothing lost uncounted, nothing out of order."""

from hypothesis import given
from hypothesis import strategies as st

from digitd.publish.outbox import Outbox
from digitd.publish.payload import Message


def message(name: str, expires: float = 5.0) -> Message:
    return Message(name, b"", expires)


def filled(names: str, size: int = 10) -> Outbox:
    outbox = Outbox(size)
    for name in names:
        outbox.put(message(name), now=0.0)
    return outbox


def send_all(outbox: Outbox, now: float = 0.0, first_mid: int = 1) -> str:
    """Send everything that waits, and return the topics in the order of sending."""
    sent = ""
    while (taken := outbox.take(now)) is not None:
        outbox.sent(taken, first_mid + len(sent))
        sent += taken.topic
    return sent


def test_messages_go_out_in_the_order_they_came_in() -> None:
    assert send_all(filled("abc")) == "abc"


def test_a_message_at_the_end_of_its_time_is_not_sent() -> None:
    outbox = filled("ab")

    assert send_all(outbox, now=5.0) == ""
    assert outbox.expired == 2


def test_a_fresh_message_passes_a_stale_one() -> None:
    outbox = filled("a")
    outbox.put(message("b", expires=9.0), now=4.0)

    assert send_all(outbox, now=6.0) == "b"
    assert outbox.expired == 1


def test_in_a_full_outbox_the_oldest_gives_way() -> None:
    outbox = filled("abcd", size=3)

    assert send_all(outbox) == "bcd"
    assert outbox.dropped == 1


def test_a_message_in_flight_is_the_oldest_there_is() -> None:
    outbox = filled("ab", size=3)
    send_all(outbox)
    outbox.put(message("c"), now=0.0)
    outbox.put(message("d"), now=0.0)

    outbox.recall()

    assert send_all(outbox) == "bcd"


def test_an_acknowledged_message_is_not_sent_again() -> None:
    outbox = filled("abc")
    send_all(outbox)

    outbox.acknowledge(2, accepted=True)
    outbox.recall()

    assert send_all(outbox) == "ac"
    assert outbox.published == 1


def test_what_was_in_flight_goes_before_what_waits() -> None:
    outbox = filled("ab")
    send_all(outbox)
    outbox.put(message("c"), now=0.0)

    outbox.recall()

    assert send_all(outbox) == "abc"


def test_what_was_in_flight_when_the_connection_broke_is_never_sent_late() -> None:
    outbox = filled("ab")
    send_all(outbox)

    outbox.recall()

    assert send_all(outbox, now=60.0) == ""
    assert outbox.expired == 2


def test_what_is_in_flight_may_still_be_acknowledged_after_its_time() -> None:
    outbox = filled("a")
    send_all(outbox)
    outbox.expire(now=60.0)

    outbox.acknowledge(1, accepted=True)

    assert (outbox.published, outbox.expired) == (1, 0)


def test_a_message_that_the_broker_refuses_is_dropped() -> None:
    outbox = filled("a")
    send_all(outbox)

    outbox.acknowledge(1, accepted=False)

    assert (outbox.published, outbox.dropped, len(outbox)) == (0, 1, 0)


def test_the_acknowledgement_of_something_else_changes_nothing() -> None:
    outbox = filled("a")
    send_all(outbox)

    outbox.acknowledge(99, accepted=True)

    assert (outbox.published, len(outbox)) == (0, 1)


@given(
    size=st.integers(1, 5),
    steps=st.lists(
        st.sampled_from(["put", "send", "acknowledge", "lose connection", "a second passes"]), max_size=60
    ),
)
def test_every_message_is_accounted_for_and_none_is_late(size: int, steps: list[str]) -> None:
    outbox = Outbox(size)
    put, mid, now = 0, 0, 0.0

    for step in steps:
        match step:
            case "put":
                outbox.put(message("m", expires=now + 3), now)
                put += 1
            case "send" if (taken := outbox.take(now)) is not None:
                assert now < taken.expires
                mid += 1
                outbox.sent(taken, mid)
            case "acknowledge":
                outbox.acknowledge(mid, accepted=True)
            case "lose connection":
                outbox.recall()
            case "a second passes":
                now += 1

        assert len(outbox) <= size
        assert put == outbox.published + outbox.expired + outbox.dropped + len(outbox)
