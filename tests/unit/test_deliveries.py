"""A broker that owes answers is told no more, and given up in time."""

import pytest

from digitd.publish.deliveries import AT_ONCE, HOLD_S, HUNG_S, Deliveries


def test_a_broker_that_answers_is_told_more() -> None:
    deliveries = Deliveries()
    deliveries.sent(1, "event", now=0.0)

    deliveries.answered(1, None)

    assert deliveries.may_send(now=100.0)
    assert not deliveries.is_hung(now=100.0)


def test_one_that_owes_an_answer_is_told_no_more_and_then_given_up() -> None:
    deliveries = Deliveries()
    deliveries.sent(1, "event", now=0.0)
    deliveries.sent(2, "keyword", now=0.9)

    assert [deliveries.may_send(now) for now in (0.0, HOLD_S - 0.1, HOLD_S)] == [True, True, False]
    assert [deliveries.is_hung(now) for now in (HOLD_S, HUNG_S - 0.1, HUNG_S)] == [False, False, True]


@pytest.mark.parametrize(("allowed", "sent"), [(3, 3), (65535, AT_ONCE)])
def test_no_more_are_under_way_than_the_broker_and_paho_take(allowed: int, sent: int) -> None:
    deliveries = Deliveries()
    deliveries.begin(allowed)

    for mid in range(sent):
        assert deliveries.may_send(now=0.0)
        deliveries.sent(mid, "event", now=0.0)

    assert not deliveries.may_send(now=0.0)


def test_a_new_connection_owes_nothing() -> None:
    deliveries = Deliveries()
    deliveries.sent(1, "event", now=0.0)

    deliveries.begin(AT_ONCE)

    assert deliveries.may_send(now=100.0)


def test_a_topic_is_refused_until_it_is_accepted() -> None:
    deliveries = Deliveries()
    for mid, topic in enumerate(["event", "keyword", "event"]):
        deliveries.sent(mid, topic, now=0.0)

    deliveries.answered(0, "Not authorized")
    deliveries.answered(1, "Not authorized")
    deliveries.answered(2, None)

    assert deliveries.refused == {"keyword": "Not authorized"}
