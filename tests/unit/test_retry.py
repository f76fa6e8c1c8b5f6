"""A broker that is away is asked often, one that refuses us seldom, and nobody is fought for a name."""

from digitd.publish.retry import Retries


def test_a_broker_that_is_away_is_asked_every_few_seconds() -> None:
    retries = Retries()

    assert [retries.after_failure(slowly=False) for _ in range(5)] == [1, 2, 4, 5, 5]


def test_one_that_refuses_us_is_asked_seldom() -> None:
    retries = Retries()

    assert [retries.after_failure(slowly=True) for _ in range(2)] == [30, 30]


def test_after_a_proper_connection_it_begins_anew() -> None:
    retries = Retries()
    for _ in range(4):
        retries.after_failure(slowly=False)

    retries.begun(now=0.0)

    assert retries.after_loss(now=10.0, taken_over=False) == 1


def test_a_connection_that_died_silently_is_made_anew_at_once_if_it_was_one() -> None:
    retries = Retries()
    retries.begun(now=0.0)
    assert retries.after_hang(now=10.0) == 0

    retries.begun(now=20.0)

    assert retries.after_hang(now=23.0) == 1


def test_whoever_is_thrown_out_by_another_client_waits_longer_the_second_time() -> None:
    retries = Retries()
    waits = []

    for now in (0.0, 31.0, 62.0):
        retries.begun(now)
        waits.append(retries.after_loss(now + 30.0, taken_over=True))

    assert waits == [5, 30, 30]
    assert retries.disputed


def test_three_connections_that_end_soon_within_a_minute_are_a_dispute_too() -> None:
    retries = Retries()
    waits = []

    for now in (0.0, 5.0, 10.0, 50.0):
        retries.begun(now)
        waits.append(retries.after_loss(now + 2.0, taken_over=False))

    assert waits == [1, 2, 30, 30]


def test_a_broker_that_is_restarted_every_half_minute_is_no_dispute() -> None:
    retries = Retries()

    for now in range(0, 600, 30):
        retries.begun(now)
        assert retries.after_loss(now + 28.0, taken_over=False) == 1

    assert not retries.disputed


def test_a_connection_that_lasts_ends_a_dispute() -> None:
    retries = Retries()
    retries.begun(now=0.0)
    retries.after_loss(now=1.0, taken_over=True)
    retries.begun(now=10.0)

    retries.settle(now=70.0)

    assert not retries.disputed
    assert retries.after_loss(now=100.0, taken_over=False) == 1
