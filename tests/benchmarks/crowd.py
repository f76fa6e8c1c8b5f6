"""A crowd of simulated daemons on one mosquitto: what a broker that is there already has to carry.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.crowd --daemons 1000 --seconds 60

Each connects as a daemon does (last will, states, Home Assistant's discovery message), tells its health every
minute, and says digits as a lively household does; one subscriber gets them all. Prints messages lost, the
time from one to the other, and what the broker needed.
"""

import argparse
import json
import random
import selectors
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from benchmarks.processes import cpu_s, resident_mb
from integration.brokers import Broker, mosquitto

DIGITS_AN_HOUR = 120.0
"""Of a lively household, all waking hours."""

HEALTH_EVERY_S = 60.0
DISCOVERY_BYTES, HEALTH_BYTES, EVENT_BYTES = 8_000, 900, 450
"""As the daemon's own messages are long."""


@dataclass
class Member:
    """One simulated daemon.

    Attributes:
        site: Its room.
        client: Its connection, which the loop below drives.
        health_at: When it tells its health next, `time.monotonic()`.
        digit_at: When somebody says a digit next.
    """

    site: str
    client: Client
    health_at: float
    digit_at: float

    def publish(self, topic: str, payload: str, *, retain: bool = False) -> None:
        """Say something below its site, as the daemon does."""
        self.client.publish(f"digitd/{self.site}/{topic}", payload, qos=1, retain=retain)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it.

    Attributes:
        daemons: How many.
        connecting_s: Until all were connected and had introduced themselves.
        sent: Digits.
        delays_ms: From the sender to the subscriber, for each that came.
        cpu_share: Of one core, that the broker took while digits were said.
        resident_mb: Memory of the broker at the end.
    """

    daemons: int
    connecting_s: float
    sent: int
    delays_ms: Sequence[float]
    cpu_share: float
    resident_mb: float


@dataclass
class Crowd:
    """All members and the loop that drives them, in one thread."""

    port: int
    chance: random.Random
    members: list[Member] = field(default_factory=list)
    sent: int = 0
    _sockets: selectors.DefaultSelector = field(default_factory=selectors.DefaultSelector)

    def join(self, number: int) -> None:
        """Connect one more, and let it introduce itself."""
        site = f"room{number}"
        client = Client(CallbackAPIVersion.VERSION2, f"digitd-{site}", protocol=MQTTProtocolVersion.MQTTv5)
        client.will_set(f"digitd/{site}/availability", "offline", qos=1, retain=True)
        client.connect("127.0.0.1", self.port, keepalive=30)
        now = time.monotonic()
        member = Member(site, client, now + self.chance.uniform(0, HEALTH_EVERY_S), now + self._pause_s())
        self.members.append(member)
        connection = client.socket()
        if connection is None:
            raise RuntimeError(f"{site} is not connected")
        self._sockets.register(connection, selectors.EVENT_READ, member)
        self.turn(0.0)
        for topic in ("availability", "microphone"):
            member.publish(topic, "online", retain=True)
        discovery = "d" * DISCOVERY_BYTES
        client.publish(f"homeassistant/device/digitd_{site}/config", discovery, qos=1, retain=True)

    def turn(self, wait_s: float) -> None:
        """Read and write whatever is ready."""
        for key, _ in self._sockets.select(wait_s):
            key.data.client.loop_read()
        for member in self.members:
            if member.client.want_write():
                member.client.loop_write()

    def live(self, seconds: float) -> None:
        """Let them do what daemons do for so long."""
        over_at = time.monotonic() + seconds
        misc_at = 0.0
        while (now := time.monotonic()) < over_at:
            for member in self.members:
                self._do_what_is_due(member, now)
            if now >= misc_at:
                misc_at = now + 1.0
                for member in self.members:
                    member.client.loop_misc()
            self.turn(0.005)

    def _do_what_is_due(self, member: Member, now: float) -> None:
        if now >= member.health_at:
            member.health_at = now + HEALTH_EVERY_S
            member.publish("health", "h" * HEALTH_BYTES, retain=True)
        if now >= member.digit_at:
            member.digit_at = now + self._pause_s()
            event = json.dumps({"id": self.sent, "at": time.monotonic()}).ljust(EVENT_BYTES)
            member.publish("keyword", "7")
            member.publish("event", event)
            member.publish("last", event, retain=True)
            self.sent += 1

    def _pause_s(self) -> float:
        return self.chance.expovariate(DIGITS_AN_HOUR / 3600)


def measure(daemons: int, seconds: float, folder: Path) -> Result:
    """Run them for so long."""
    came: dict[int, float] = {}

    def note(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        event = json.loads(message.payload)
        came.setdefault(event["id"], 1000 * (time.monotonic() - event["at"]))

    with mosquitto(folder, max_queued_messages="100000") as broker:
        listener = Client(CallbackAPIVersion.VERSION2, "listener", protocol=MQTTProtocolVersion.MQTTv5)
        listener.on_message = note
        listener.connect("127.0.0.1", broker.port)
        listener.subscribe("digitd/+/event", qos=1)
        listener.loop_start()
        crowd = Crowd(broker.port, random.Random(1))  # noqa: S311 - a simulation
        began_at = time.monotonic()
        for number in range(daemons):
            crowd.join(number)
        connecting_s = time.monotonic() - began_at
        pid = pid_of(broker)
        before_s, began_at = cpu_s(pid), time.monotonic()
        crowd.live(seconds)
        share = (cpu_s(pid) - before_s) / (time.monotonic() - began_at)
        sent = crowd.sent
        for _ in range(400):
            crowd.turn(0.005)
        listener.disconnect()
        listener.loop_stop()
        return Result(daemons, connecting_s, sent, list(came.values()), share, resident_mb(pid))


def pid_of(broker: Broker) -> int:
    """Return the running server's."""
    if broker.process is None:
        raise RuntimeError("mosquitto is not running")
    return broker.process.pid


def main() -> None:
    """Print the result."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--daemons", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    wanted = parser.parse_args()
    with TemporaryDirectory() as folder:
        result = measure(wanted.daemons, wanted.seconds, Path(folder))
    delays = sorted(result.delays_ms)
    print(f"{result.daemons} daemons connected and introduced in {result.connecting_s:.1f} s")
    print(f"{result.sent} digits said, {len(delays)} came, {result.sent - len(delays)} lost", end="; ")
    print(f"median {statistics.median(delays):.1f} ms, 99 of 100 in {delays[int(0.99 * len(delays))]:.1f} ms")
    print(f"mosquitto: {100 * result.cpu_share:.1f} % of a core, {result.resident_mb:.1f} MB")


if __name__ == "__main__":
    main()
