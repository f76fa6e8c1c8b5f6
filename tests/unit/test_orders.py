"""What is asked of the daemon over MQTT is understood, or refused with what can be asked."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.publish.orders import Mute, Order, OrderError, Request, Threshold, understood

KEYWORDS = ("1", "7")


def order(topic: str, payload: bytes) -> Order:
    return understood(topic, payload, KEYWORDS)


def refusal(topic: str, payload: bytes) -> OrderError:
    with pytest.raises(OrderError) as refused:
        order(topic, payload)
    return refused.value


@pytest.mark.parametrize(
    ("topic", "payload", "meant"),
    [
        ("mute/set", b"ON", Mute(muted=True)),
        ("mute/set", b"OFF", Mute(muted=False)),
        ("threshold/set", b"0.9", Threshold(None, 0.9)),
        ("threshold/set", b"None", Threshold(None, None)),
        ("threshold/7/set", b"0.5", Threshold("7", 0.5)),
        ("request/health", b"", Request("health")),
        ("request/health", b'{"transaction": "ab", "more": 1}', Request("health", "ab")),
        ("request/self-test", b'{"transaction": 7}', Request("self-test", 7)),
    ],
)
def test_an_order_is_understood(topic: str, payload: bytes, meant: Order) -> None:
    assert order(topic, payload) == meant


@pytest.mark.parametrize(
    ("topic", "payload", "text"),
    [
        ("mute/set", b"on", "must be ON or OFF"),
        ("threshold/set", b"0.3", "must be a number from 0.5 to 0.999, or None"),
        ("threshold/set", b"1", "must be a number from 0.5 to 0.999, or None"),
        ("threshold/set", b"nan", "must be a number from 0.5 to 0.999, or None"),
        ("threshold/set", b"much", "must be a number from 0.5 to 0.999, or None"),
        ("threshold/8/set", b"0.9", "no keyword '8': there are 1, 7"),
        ("request/health", b"7", "must be a JSON object"),
        ("request/health", b'{"more": ' + b"[" * 50_000, "must be a JSON object"),
        ("request/health", b'{"transaction": "\xff"}', "must be a JSON object"),
        ("request/health", b'{"transaction": "\\ud800"}', "must be a JSON object"),
        ("elsewhere", b"", "nothing is known of 'elsewhere'"),
    ],
)
def test_anything_else_is_refused_with_what_can_be_asked(topic: str, payload: bytes, text: str) -> None:
    assert str(refusal(topic, payload)).startswith(text)


@pytest.mark.parametrize("topic", ["request/{}", "threshold/{}/set", "{}"])
def test_a_refusal_is_short_whatever_was_asked(topic: str) -> None:
    refused = refusal(topic.format("x" * 65_000), b"")

    assert str(refused).startswith("nothing is known of")
    assert max(len(str(refused)), len(refused.topic)) < 200


@given(
    topic=st.sampled_from(["mute/set", "threshold/set", "threshold/7/set", "request/health", "request/x"]),
    payload=st.binary(max_size=200)
    | st.text(max_size=50).map(str.encode)
    | st.binary(max_size=9).map(lambda text: b'{"transaction": "' + text + b'"}'),
)
def test_whatever_comes_is_an_order_or_is_refused(topic: str, payload: bytes) -> None:
    with suppress(OrderError):
        order(topic, payload)
