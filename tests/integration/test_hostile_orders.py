"""Whatever anybody says to a living daemon over MQTT: it changes nothing, ends nothing and is not kept."""

import json
import os
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from benchmarks.processes import descriptors, resident_mb, threads
from digitd.demo.play import SPEECH
from digitd.publish.inbox import LONGEST_BYTES
from integration.brokers import Broker, Listener
from integration.daemons import Daemon, daemon, retained
from integration.publishing import until

pytestmark = pytest.mark.broker

SITE = "digitd/kitchen"
AUDIO: dict[str, object] = {"source": "files", "files": [str(SPEECH)] * 20}

BURST = 80
"""So many at once: of more than a hundred that come between two blocks of audio the rest is dropped."""

ORDERS = (
    *("mute/set", "threshold/set", "threshold/7/set", "threshold/11/set", "threshold//set"),
    *("threshold/\N{SNOWMAN}/set", f"threshold/{'7' * 5000}/set"),
    *("request/health", "request/fly", "request/", "request/..", "canary"),
)
TOPICS = (
    *(f"{SITE}/{order}" for order in ORDERS),
    f"{SITE}/request/".ljust(65_535, "x"),
    "homeassistant/status",
)
"""All that a daemon listens to; requests that take time are read by what reads `request/health`."""

QUESTION = b'{"transaction": "one", "more": [1.5, null, {"a": "\\u00e9"}]}'
ODD = (
    *(b"", b"\0", b"on", b"ON\n", b' "ON"', b"1", b"nan", b"inf", b"-0.9", b"1e-400", b"0.9.9", b"9" * 9999),
    *(b"null", b"[]", b'"one"', b"\xff\xfe{\0}\0", b"\xef\xbb\xbf{}", b'{"\xff": 1}', b'{"id": "\xff"}'),
    *(
        b'{"transaction": ' + value
        for value in (b'"\xff"}', b'"\\ud800"}', b"[]}", b"1e999}", b"9" * 5000 + b"}")
    ),
    *(b"[" * 60_000, b'{"a": ' * 10_000, b'{"transaction": "' + b"x" * 65_000 + b'"}'),
    *(b"x" * LONGEST_BYTES, b"x" * (LONGEST_BYTES + 1), b"{" * 1_000_000),
)


def hostile(seed: int) -> Iterator[tuple[str, bytes, bool]]:
    """Draw topics, what nobody in his senses says there, and whether it is to be retained."""
    draw = random.Random(seed)  # noqa: S311 - the same each time is what is wanted
    while True:
        payload = draw.choice((_odd, _noise, _letters, _damaged))(draw)
        yield draw.choice(TOPICS), payload, draw.random() < 0.1


def _odd(draw: random.Random) -> bytes:
    return draw.choice(ODD)


def _noise(draw: random.Random) -> bytes:
    return draw.randbytes(draw.randrange(300))


def _letters(draw: random.Random) -> bytes:
    return "".join(chr(draw.randrange(0x110000)) for _ in range(20)).encode(errors="surrogatepass")


def _damaged(draw: random.Random) -> bytes:
    at = draw.randrange(len(QUESTION))
    return QUESTION[:at] + draw.randbytes(draw.randrange(3)) + QUESTION[at + draw.randrange(3) :]


@pytest.fixture
def running(broker: Broker, tmp_path: Path) -> Iterator[Daemon]:
    with daemon(tmp_path, os.environ, broker.port, {"audio": AUDIO}) as running:
        running.wait_for("listening")
        running.wait_for("broker connected")
        yield running


def health_after(listener: Listener, transaction: str) -> dict[str, Any]:
    """Ask how the daemon is, and wait for the answer: then it has read all that was said before."""
    listener.say(f"{SITE}/request/health", json.dumps({"transaction": transaction}).encode())
    assert until(lambda: any(transaction.encode() in told.payload for told in listener.messages[-1:]))
    health: dict[str, Any] = json.loads(listener.messages[-1].payload)["data"]
    return health


def attack(listener: Listener, messages: Iterator[tuple[str, bytes, bool]], bursts: int) -> dict[str, Any]:
    """Say so many, as fast as they are read, and return how the daemon is after that."""
    health: dict[str, Any] = {}
    for burst in range(bursts):
        for topic, payload, retain in islice(messages, BURST):
            listener.say(topic, payload, retain=retain)
        health = health_after(listener, f"burst {burst}")
    return health


def in_force(broker: Broker) -> list[str]:
    return [retained(broker, topic) for topic in ("mute", "threshold", "threshold/7", "microphone")]


def test_thousands_of_hostile_messages_change_nothing_and_are_not_kept(
    broker: Broker, running: Daemon, tmp_path: Path
) -> None:
    messages, pid = hostile(seed=1), running.process.pid
    with Listener(broker.port, f"{SITE}/response/#") as listener:
        attack(listener, messages, bursts=10)  # what is allocated once is there then
        before = in_force(broker), descriptors(pid), threads(pid)
        memory_before_mb = resident_mb(pid)

        counters = attack(listener, messages, bursts=40)["counters"]["mqtt"]

    memory_grew_mb = resident_mb(pid) - memory_before_mb
    assert (in_force(broker), descriptors(pid), threads(pid)) == before
    assert not (tmp_path / "state").exists()  # nothing was remembered
    assert (counters["inbox_dropped"], counters["inbox_refused"] > 20, counters["reconnects"]) == (0, True, 0)
    assert memory_grew_mb < 4, "of 35 MB that came"
    with Listener(broker.port, f"{SITE}/keyword") as listener:
        listener.wait_for_count(1)  # it hears as before
