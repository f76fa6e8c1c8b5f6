"""Nothing late, nothing lost uncounted, nothing out of order."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from digitd.publish.outbox import Outbox
from digitd.publish.payload import Message
from fakes import FakeClock


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


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0])
def test_a_wall_clock_that_jumps_makes_nothing_older_or_younger(jump_s: float) -> None:
    time, outbox = FakeClock(), Outbox(10)
    outbox.put(message("a", expires=time.monotonic() + 5), time.monotonic())
    outbox.put(message("b", expires=time.monotonic() + 9), time.monotonic())

    time.jump_s(jump_s)
    time.pass_s(5)

    assert send_all(outbox, time.monotonic()) == "b"
    assert outbox.expired == 1


def test_a_fresh_message_passes_a_stale_one() -> None:
    outbox = filled("a")
    outbox.put(message("b", expires=9.0), now=4.0)

    assert send_all(outbox, now=6.0) == "b"
    assert outbox.expired == 1


def test_in_a_full_outbox_the_oldest_gives_way() -> None:
    outbox = filled("abcd", size=3)

    assert send_all(outbox) == "bcd"
    assert outbox.dropped == 1


def test_what_is_too_old_goes_before_what_is_oldest() -> None:
    outbox = Outbox(size=2)
    outbox.put(message("a", expires=9.0), now=0.0)
    outbox.put(message("b", expires=1.0), now=0.0)

    outbox.put(message("c", expires=9.0), now=2.0)

    assert send_all(outbox, now=2.0) == "ac"
    assert (outbox.expired, outbox.dropped) == (1, 0)


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


def test_a_message_that_the_broker_refuses_is_gone() -> None:
    outbox = filled("a")
    send_all(outbox)

    outbox.acknowledge(1, accepted=False)

    assert (outbox.published, outbox.refused, len(outbox)) == (0, 1, 0)


def test_the_acknowledgement_of_something_else_changes_nothing() -> None:
    outbox = filled("a")
    send_all(outbox)

    outbox.acknowledge(99, accepted=True)

    assert (outbox.published, len(outbox)) == (0, 1)


class AnythingMayHappen(RuleBasedStateMachine):
    """Messages are numbered as they are put in; a connection may end and begin at any moment."""

    @initialize(size=st.integers(1, 6))
    def begin(self, size: int) -> None:
        self.size = size
        self.outbox = Outbox(size)
        self.now = 0.0
        self.put_in = 0
        self.mid = 0
        self.in_flight: list[int] = []
        self.sent_on_this_connection: list[int] = []
        self.done: set[str] = set()
        self.names: dict[int, str] = {}

    @rule(lives_s=st.sampled_from([0.0, 1.0, 3.0]))
    def put(self, lives_s: float) -> None:
        self.outbox.put(message(str(self.put_in), self.now + lives_s), self.now)
        self.put_in += 1

    @rule()
    def send(self) -> None:
        taken = self.outbox.take(self.now)
        if taken is None:
            return

        assert self.now < taken.expires, "late"
        assert taken.topic not in self.done, "answered, and sent once more"
        assert all(before < int(taken.topic) for before in self.sent_on_this_connection), "out of order"
        self.mid += 1
        self.outbox.sent(taken, self.mid)
        self.in_flight.append(self.mid)
        self.names[self.mid] = taken.topic
        self.sent_on_this_connection.append(int(taken.topic))

    @precondition(lambda self: self.in_flight)
    @rule(which=st.integers(0, 100), accepted=st.booleans())
    def answer(self, which: int, accepted: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by name
        mid = self.in_flight.pop(which % len(self.in_flight))
        self.outbox.acknowledge(mid, accepted=accepted)
        self.done.add(self.names[mid])

    @rule(mid=st.integers(1000, 1010), accepted=st.booleans())
    def answer_to_somebody_else(self, mid: int, accepted: bool) -> None:  # noqa: FBT001 - as above
        self.outbox.acknowledge(mid, accepted=accepted)

    @rule()
    def lose_the_connection(self) -> None:
        self.outbox.recall()
        self.in_flight.clear()
        self.sent_on_this_connection.clear()

    @rule(seconds=st.sampled_from([0.5, 1.0, 5.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.outbox.expire(self.now)

    @invariant()
    def every_message_is_here_or_counted_once(self) -> None:
        outbox = self.outbox
        counted = outbox.published + outbox.expired + outbox.dropped + outbox.refused

        assert self.put_in == counted + len(outbox)
        assert len(outbox) <= self.size


TestAnythingMayHappen = AnythingMayHappen.TestCase
