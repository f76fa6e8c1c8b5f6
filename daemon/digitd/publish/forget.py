"""Taking away what a broker keeps of us."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import Final, TypeVar

from paho.mqtt.client import Client

from digitd.errors import UnavailableError
from digitd.publish.client import PROTOCOLS, client_factory
from digitd.publish.probe import protocol_spoken
from digitd.publish.settings import MqttSettings

ANSWER_S: Final = 5.0
QUIET_S: Final = 1.0
"""Retained messages come right after a subscription, one after the other; nobody tells which is the last."""

T = TypeVar("T")


def clear(settings: MqttSettings, known: Collection[str], below: str) -> Mapping[str, bytes]:
    """Clear retained messages.

    Args:
        settings: Where to and as whom.
        known: Topics in full; they are cleared even where the broker does not let us read them.
        below: Whatever is kept below this topic is cleared, too.

    Returns:
        By topic what was kept there, as far as the broker lets us read it.

    Raises:
        ConfigError: The password or a certificate cannot be read.
        UnavailableError: The broker is not there, does not let us in, or goes on keeping something.
    """
    looked_at = [f"{below}/#", *known]
    with _connected(settings) as client:
        kept = _kept(client, looked_at)
        refused = _cleared(client, {**dict.fromkeys(known, b""), **kept})
        left = [*refused, *_kept(client, looked_at)]
    if left:
        raise UnavailableError(
            f"the broker goes on keeping {', '.join(dict.fromkeys(left))}; "
            "does its access control list let us publish there?"
        )
    return kept


@contextmanager
def _connected(settings: MqttSettings) -> Iterator[Client]:
    """Connect under a name of our own: a daemon that runs is left alone."""
    protocol = PROTOCOLS[protocol_spoken(settings)]
    client = client_factory(settings, f"digitd-forget-{os.getpid()}")(protocol)
    welcome: SimpleQueue[None] = SimpleQueue()
    client.on_connect = lambda *_: welcome.put(None)
    client.connect_async(settings.host, settings.port)
    client.loop_start()
    try:
        _answer(welcome)
        yield client
    finally:
        client.disconnect()  # paho's thread ends by itself


def _kept(client: Client, topics: Sequence[str]) -> dict[str, bytes]:
    """Return what the broker keeps, by topic."""
    subscribed: SimpleQueue[None] = SimpleQueue()
    came: SimpleQueue[tuple[str, bytes]] = SimpleQueue()
    client.on_subscribe = lambda *_: subscribed.put(None)
    client.on_message = lambda _client, _data, message: (
        came.put((message.topic, bytes(message.payload))) if message.retain else None
    )
    client.subscribe([(topic, 1) for topic in topics])
    _answer(subscribed)
    kept: dict[str, bytes] = {}
    try:
        while True:
            topic, payload = came.get(timeout=QUIET_S)
            kept[topic] = payload
    except Empty:
        return kept


def _cleared(client: Client, topics: Collection[str]) -> list[str]:
    """Clear topics, and return those on which the broker did not let us, as far as it says."""
    answers: SimpleQueue[tuple[int, bool]] = SimpleQueue()
    client.on_publish = lambda _client, _data, mid, reason, _more: answers.put((mid, reason.is_failure))
    sent = {client.publish(topic, b"", qos=1, retain=True).mid: topic for topic in topics}
    told = dict(_answer(answers) for _ in sent)
    return [topic for mid, topic in sent.items() if told[mid]]


def _answer(answers: SimpleQueue[T]) -> T:
    try:
        return answers.get(timeout=ANSWER_S)
    except Empty as error:
        raise UnavailableError(f"the broker does not answer within {ANSWER_S:g} s") from error
