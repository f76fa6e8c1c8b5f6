"""What we want to hear is asked for on each connection, and again where the broker does not let us."""

from digitd.publish.subscriptions import Subscriptions


def asked(subscriptions: Subscriptions, now: float = 0.0, mid: int = 1) -> tuple[str, ...]:
    topics = subscriptions.take(now)
    subscriptions.sent(topics, mid)
    return topics


def test_nothing_is_asked_before_there_is_a_connection() -> None:
    assert asked(Subscriptions(["canary"], again_s=30.0)) == ()


def test_all_are_asked_for_once_on_each_connection() -> None:
    subscriptions = Subscriptions(["canary", "request/#"], again_s=30.0)
    subscriptions.recall()

    assert asked(subscriptions) == ("canary", "request/#")
    assert asked(subscriptions) == ()

    subscriptions.recall()

    assert asked(subscriptions) == ("canary", "request/#")


def test_the_refused_ones_are_asked_for_again_later() -> None:
    subscriptions = Subscriptions(["canary", "request/#"], again_s=30.0)
    subscriptions.recall()
    asked(subscriptions)

    subscriptions.answer(1, [None, "Not authorized"], now=0.0)

    assert subscriptions.refused == {"request/#": "Not authorized"}
    assert asked(subscriptions, now=29.0) == ()
    assert asked(subscriptions, now=30.0, mid=2) == ("request/#",)

    subscriptions.answer(2, [None], now=30.0)

    assert subscriptions.refused == {}


def test_the_answer_to_something_else_changes_nothing() -> None:
    subscriptions = Subscriptions(["canary"], again_s=30.0)
    subscriptions.recall()
    asked(subscriptions)

    subscriptions.answer(99, ["Not authorized"], now=0.0)

    assert subscriptions.refused == {}
