"""Real brokers and a real subscriber, for tests."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Condition, Event
from typing import Self
from uuid import uuid4

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

READY_WITHIN_S = 5.0


@dataclass(slots=True)
class Broker:
    """A mosquitto of the test's own, on a port of its own.

    Attributes:
        port: Where it listens, on this machine only; the same after a restart.
        config: Its configuration file.
        process: The running server; None while it is down.
    """

    port: int
    config: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Bring it up and wait until it takes connections."""
        self.process = subprocess.Popen(["mosquitto", "-c", str(self.config)], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + READY_WITHIN_S
        while not listens(self.port):
            assert self.process.poll() is None, f"mosquitto does not start with {self.config.read_text()}"
            assert time.monotonic() < deadline, "mosquitto is not up in time"
            time.sleep(0.01)

    def stop(self) -> None:
        """End it in an orderly way: it keeps what it should."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def reload(self) -> None:
        """Let it read passwords and access control lists anew."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Let it hold its connections, but do nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            if self.process is not None:
                self.process.send_signal(signal.SIGCONT)

    def _end(self, with_signal: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(with_signal)
        self.process.wait(timeout=5)
        self.process = None


@contextmanager
def mosquitto(folder: Path, *, running: bool = True, **options: str) -> Iterator[Broker]:
    """Run mosquitto; `options` are lines of mosquitto.conf. Skips the test where it is not installed."""
    if shutil.which("mosquitto") is None:
        pytest.skip("mosquitto missing: apt install mosquitto")
    broker = Broker(free_port(), folder / "mosquitto.conf")
    settings = {
        "listener": f"{broker.port} 127.0.0.1",
        "user": "root",  # or it gives up root's rights, and cannot read the test's folder
        "allow_anonymous": "true",
        "persistence_location": f"{folder}/",
        **options,
    }
    broker.config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    if running:
        broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def listens(port: int) -> bool:
    """Say whether somebody takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(slots=True)
class Listener:
    """A subscriber that keeps what it gets; the broker keeps its place while either is away.

    Attributes:
        port: Of the broker.
        topic: What it subscribes to.
        username: Who it is there, with the password `secret`; empty for nobody.
        messages: All that came, in order.
    """

    port: int
    topic: str
    username: str = ""
    messages: list[MQTTMessage] = field(default_factory=list)
    _arrival: Condition = field(default_factory=Condition)
    _subscribed: Event = field(default_factory=Event)
    _client: Client = field(
        default_factory=lambda: Client(
            CallbackAPIVersion.VERSION2, f"listener-{uuid4()}", protocol=MQTTProtocolVersion.MQTTv5
        )
    )

    def __enter__(self) -> Self:
        session = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's fault
        session.SessionExpiryInterval = 3600
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._keep
        if self.username:
            self._client.username_pw_set(self.username, "secret")
        self._client.connect("127.0.0.1", self.port, clean_start=False, properties=session)
        self._client.loop_start()
        assert self._subscribed.wait(READY_WITHIN_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        # Or client and listener hold one another, and the collector may come to its sockets before it.
        self._client.on_connect = self._client.on_subscribe = self._client.on_message = None

    def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish something."""
        self._client.publish(topic, payload, qos=1, retain=retain)

    def wait_for(self, wanted: Sequence[tuple[str, str]], timeout_s: float = 10.0) -> None:
        """Wait until exactly these have come, as pairs of the last level of the topic and the payload."""
        assert self._wait_until(lambda: self.heard() == list(wanted), timeout_s), self.heard()

    def wait_until_latest(self, payload: str, timeout_s: float = 10.0) -> None:
        """Wait until what came last is this."""
        assert self._wait_until(lambda: payload in [told for _, told in self.heard()[-1:]], timeout_s)

    def wait_for_count(self, count: int, timeout_s: float = 10.0) -> None:
        """Wait until so many have come."""
        assert self._wait_until(lambda: len(self.messages) >= count, timeout_s), self.heard()

    def heard(self) -> list[tuple[str, str]]:
        """Return what came, as pairs of the last level of the topic and the payload."""
        return [(message.topic.rpartition("/")[2], message.payload.decode()) for message in self.messages]

    def _subscribe(self, client: Client, *_: object) -> None:
        client.subscribe(self.topic, qos=1)

    def _keep(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        with self._arrival:
            self.messages.append(message)
            self._arrival.notify_all()

    def _wait_until(self, condition: Callable[[], bool], timeout_s: float) -> bool:
        with self._arrival:
            return self._arrival.wait_for(condition, timeout_s)
