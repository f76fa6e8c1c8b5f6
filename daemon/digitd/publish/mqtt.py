"""What the daemon says to the broker and hears from it: never a word too late."""

import logging
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final, Self

from paho.mqtt.client import MQTTMessage
from paho.mqtt.reasoncodes import ReasonCode

from digitd.messages import Detection, NumberRejection, SpokenNumber
from digitd.publish.client import default_client_id
from digitd.publish.connection import Connection, Ears
from digitd.publish.inbox import Inbox, Received
from digitd.publish.number import number_message
from digitd.publish.payload import Message, Source, detection_messages
from digitd.publish.retry import PATIENT, Patience
from digitd.publish.settings import MqttSettings
from digitd.publish.traffic import Traffic
from digitd.publish.trouble import Trouble, not_taken

log = logging.getLogger(__name__)

FAREWELL_S: Final = 0.3
POLL_S: Final = 0.005


@dataclass(frozen=True, slots=True)
class Counters:
    """What became of everything so far. A detection is three messages; see `Outbox`.

    Attributes:
        outbox: Messages that wait for the broker or its acknowledgement, now.
        published: Messages that the broker acknowledged.
        expired: Messages that grew too old.
        dropped: Messages that gave way to newer ones in a full outbox.
        refused: Messages that the broker did not allow.
        reconnects: Connections after the first.
        inbox_dropped: What came in faster than it was read.
        inbox_refused: What came in and was too long.
    """

    outbox: int = 0
    published: int = 0
    expired: int = 0
    dropped: int = 0
    refused: int = 0
    reconnects: int = 0
    inbox_dropped: int = 0
    inbox_refused: int = 0


def mqtt_publisher(
    settings: MqttSettings,
    site: str,
    model: str,
    topics: Sequence[str] = (),
    patience: Patience = PATIENT,
) -> AbstractContextManager["Publisher"]:
    """Connect in the background and say that we are here; on the way out, say that we are not.

    Args:
        settings: Where to and as whom.
        site: The place that is listened to; one level of the topic.
        model: Name and version of the model, told with each detection.
        topics: What to subscribe to, below `<base>/<site>/` or `Elsewhere`; wildcards are allowed.
        patience: How long to wait for a broker that is away or refuses us.

    Raises:
        ConfigError: The password or a certificate cannot be read.
    """
    return Publisher(settings, Source(site, model, settings.expires_s), topics, patience)


class Publisher:
    """What the daemon says to the broker, connected or not, and what it is told.

    A detection stays in the outbox until the broker has acknowledged it, so after a loss what is fresh is
    sent again, in order. States are not queued: each connection begins with the latest.
    """

    def __init__(
        self, settings: MqttSettings, source: Source, topics: Sequence[str], patience: Patience
    ) -> None:
        self._source = source
        self._prefix = f"{settings.base}/{source.site}"
        self._lock = Lock()
        self._traffic = Traffic(settings.outbox, topics, patience.slow_s)
        self._traffic.states.put("availability", b"online")
        self._answers: deque[tuple[int, Sequence[ReasonCode]]] = deque()
        self._inbox = Inbox(f"{self._prefix}/")
        ears = Ears(self._tick, self._on_answer, self._on_message)
        client_id = settings.client_id or default_client_id(source.site)
        self._connection = Connection(settings, client_id, self._prefix, ears, patience)
        self._begun = 0

    def __enter__(self) -> Self:
        self._connection.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.connected and not self._say_farewell():
            self._connection.discard_unread()
        self._connection.__exit__(*exception)
        if undelivered := self.counters.outbox:
            log.warning("ended before the broker took all messages=%d", undelivered)

    @property
    def connected(self) -> bool:
        """Whether the broker has let us in, as far as we know."""
        return self._connection.number() > 0

    @property
    def counters(self) -> Counters:
        """What became of everything so far."""
        now = time.monotonic()
        with self._lock:
            self._settle(now)
            outbox = self._traffic.outbox
            outbox.expire(now)
            return Counters(
                outbox=len(outbox),
                published=outbox.published,
                expired=outbox.expired,
                dropped=outbox.dropped,
                refused=outbox.refused,
                reconnects=max(0, self._connection.count - 1),
                inbox_dropped=self._inbox.dropped,
                inbox_refused=self._inbox.refused,
            )

    @property
    def trouble(self) -> str | None:
        """Why the broker does not take what we say, and what to do about it; None when all is well."""
        with self._lock:
            troubles = [self._connection.history.trouble, *self._refusals()]
            return next((str(trouble) for trouble in troubles if trouble), None)

    def wait_until_connected(self, timeout_s: float) -> bool:
        """Return whether the broker lets us in within so many seconds."""
        return self._connection.wait(timeout_s)

    def speak_for(self, model: str) -> None:
        """Tell from now on that detections are another model's, by its name and version."""
        self._source = replace(self._source, model=model)

    def detection(self, detection: Detection) -> None:
        """Publish a keyword that was heard, now or as soon as there is a broker, or never once it is old."""
        now = time.monotonic()
        with self._lock:
            for message in detection_messages(detection, self._source, uuid.uuid4().hex, now):
                self._traffic.outbox.put(message, now)
            self._flush(now)

    def number(self, number: SpokenNumber | NumberRejection) -> None:
        """Publish a number that was said, or that it does not count; held to the same time to live."""
        now = time.monotonic()
        with self._lock:
            self._traffic.outbox.put(number_message(number, self._source, uuid.uuid4().hex, now), now)
            self._flush(now)

    def microphone(self, *, online: bool) -> None:
        """Say whether sound comes in."""
        self.state("microphone", b"online" if online else b"offline")

    def state(self, topic: str, payload: bytes) -> None:
        """Keep the latest of a retained topic and say it, now and at each new connection."""
        with self._lock:
            self._traffic.states.put(topic, payload)
            self._flush(time.monotonic())

    def repeat(self, topic: str) -> None:
        """Say the latest of a retained topic again, as somebody may have missed it."""
        with self._lock:
            self._traffic.states.repeat(topic)
            self._flush(time.monotonic())

    def diagnostic(self, topic: str, payload: bytes, expires_s: float) -> None:
        """Say something below our topic that is worth nothing later: now, or not at all."""
        now = time.monotonic()
        with self._lock:
            if self._flush(now):
                self._traffic.say(self._connection, Message(topic, payload, now + expires_s), now)

    def received(self) -> list[Received]:
        """Return what came on the topics subscribed to since the last call, oldest first.

        What was retained before we came is not among it: an old command must not fire again.
        """
        return self._inbox.taken()

    def _flush(self, now: float) -> bool:
        """Say what is due, and return whether there is a connection; the lock is held."""
        if not self._settle(now):
            return False
        self._traffic.flow(self._connection, now)
        return True

    def _settle(self, now: float) -> bool:
        """Act on what became of the connection and on the broker's answers; return whether there is one."""
        number = self._connection.number()
        while self._answers:
            mid, reasons = self._answers.popleft()
            self._traffic.answer(mid, [str(reason) if reason.is_failure else None for reason in reasons], now)
        for refusal in self._refusals():
            self._connection.history.tell(refusal)
        if number != self._begun:
            self._begun = number
            self._traffic.start_over(self._connection.at_once)
        return number > 0

    def _refusals(self) -> list[Trouble]:
        return [not_taken(what, why, self._prefix) for what, why in self._traffic.refused.items()]

    def _say_farewell(self) -> bool:
        """Say what waits, and that we go; return whether the broker took note of it."""
        self._flush_until(self._traffic.outbox.is_empty)
        for topic in ("microphone", "availability"):
            self.state(topic, b"offline")
        return self._flush_until(self._traffic.is_answered)

    def _flush_until(self, done: Callable[[], bool]) -> bool:
        """Give the broker a moment, and return whether that was enough."""
        give_up_at = time.monotonic() + FAREWELL_S
        while time.monotonic() < give_up_at:
            with self._lock:
                connected = self._flush(time.monotonic())
                if done():
                    return True
            if not connected:
                return False
            time.sleep(POLL_S)
        return False

    # From here on paho's thread.

    def _tick(self) -> bool:
        now = time.monotonic()
        with self._lock:
            self._flush(now)
            return not self._traffic.is_stuck(now)

    def _on_answer(self, mid: int, reasons: Sequence[ReasonCode]) -> None:
        self._answers.append((mid, reasons))  # and no more, see `Ears`

    def _on_message(self, message: MQTTMessage) -> None:
        if not message.retain:
            self._inbox.put(message, time.monotonic())
