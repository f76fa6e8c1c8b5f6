"""The latest of each state reaches the broker once, and again where it did not take it."""

from digitd.publish.states import States


def told(states: States, now: float = 0.0) -> list[tuple[str, bytes]]:
    """Tell the broker all that is due, under packet identifiers from 1 on."""
    said: list[tuple[str, bytes]] = []
    while (state := states.take(now)) is not None:
        said.append((state.topic, state.payload))
        states.sent(state.topic, len(said))
    return said


def test_only_the_latest_of_each_is_told() -> None:
    states = States(again_s=30.0)
    for topic, payload in [("health", b"1"), ("mute", b"OFF"), ("health", b"2")]:
        states.put(topic, payload)

    assert told(states) == [("health", b"2"), ("mute", b"OFF")]


def test_a_state_that_is_what_it_was_is_not_told_again() -> None:
    states = States(again_s=30.0)
    states.put("mute", b"OFF")
    told(states)

    states.put("mute", b"OFF")

    assert told(states) == []


def test_states_are_retained_and_do_not_expire() -> None:
    states = States(again_s=30.0)
    states.put("mute", b"OFF")

    state = states.take(now=1e9)

    assert state is not None
    assert state.retain


def test_another_connection_begins_with_all_of_them_in_their_first_order() -> None:
    states = States(again_s=30.0)
    for topic in ("availability", "mute", "health", "mute"):
        states.put(topic, topic.encode())
    told(states)

    states.recall()

    assert [topic for topic, _ in told(states)] == ["availability", "mute", "health"]


def test_what_the_broker_refuses_is_offered_again_later() -> None:
    states = States(again_s=30.0)
    states.put("mute", b"OFF")
    told(states)

    states.acknowledge(1, now=0.0, accepted=False)

    assert told(states, now=29.0) == []
    assert told(states, now=30.0) == [("mute", b"OFF")]


def test_a_newer_one_does_not_wait_because_an_older_one_was_refused() -> None:
    states = States(again_s=30.0)
    states.put("mute", b"OFF")
    told(states)
    states.acknowledge(1, now=0.0, accepted=False)

    states.put("mute", b"ON")

    assert told(states, now=1.0) == [("mute", b"ON")]


def test_one_that_is_repeated_is_told_again_though_it_is_the_same() -> None:
    states = States(again_s=30.0)
    states.put("mute", b"OFF")
    states.put("threshold", b"0.9")
    told(states)

    states.repeat("mute")

    assert told(states) == [("mute", b"OFF")]
