"""The connection to the broker: kept up by itself, and never a word too late."""

import logging
import os
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from typing import Annotated, Literal, Self

from msgspec import Meta
from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from digitd.messages import Detection, NumberRejection, SpokenNumber
from digitd.publish.client import BrokerClient, default_client_id, encryption
from digitd.publish.inbox import Inbox, Received
from digitd.publish.number import number_message
from digitd.publish.outbox import Outbox
from digitd.publish.payload import Message, Source, detection_messages
from digitd.publish.secret import find_password

log = logging.getLogger(__name__)

LONGEST_RETRY_S = 30
FAREWELL_S = 0.5
HANG_UP_S = 0.2
PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """Where the broker is, who we are there, and how long a detection counts.

    Attributes:
        host: Name or address of the broker.
        port: 1883, or 8883 with TLS.
        base: All topics are below `<base>/<site>`.
        username: Empty for a broker that asks for none.
        password: The last place that is looked for the password; a file is safer.
        password_file: A file that holds nothing but the password.
        client_id: Unique at the broker; empty makes `digitd-<site>-<a hash of this machine's id>`.
        tls: Encrypt, and check the broker's certificate.
        ca_file: The authority that signed it, PEM; empty takes the system's own.
        keepalive_s: After so much silence we ask whether the broker is still there.
        expires_s: A detection that cannot be delivered for so long after its offset never is.
        protocol: `auto` begins with 5 and falls back to 3.1.1.
        outbox: So many messages wait for the broker at most, three for each detection.
    """

    host: Annotated[str, Meta(min_length=1)] = "localhost"
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    base: Annotated[str, Meta(pattern=r"^[^/+#$][^+#]*(?<!/)$")] = "digitd"
    username: str = ""
    password: str = field(default="", repr=False)
    password_file: str = ""
    client_id: str = ""
    tls: bool = False
    ca_file: str = ""
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    expires_s: Annotated[float, Meta(ge=1, le=3600)] = 5.0
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    outbox: Annotated[int, Meta(ge=3, le=10_000)] = 100


@dataclass(frozen=True, slots=True)
class Counters:
    """What became of everything so far. A detection is three messages; see `Outbox`.

    Attributes:
        outbox: Messages that wait for the broker or its acknowledgement, now.
        published: Messages that the broker acknowledged.
        expired: Messages that grew too old.
        dropped: Messages that gave way to newer ones in a full outbox.
        refused: Publications, states and diagnostics included, that the broker did not allow.
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
    settings: MqttSettings, site: str, model: str, topics: Sequence[str] = ()
) -> AbstractContextManager["Publisher"]:
    """Connect in the background and say that we are here; on the way out, say that we are not.

    Args:
        settings: Where to and as whom.
        site: The place that is listened to; one level of the topic.
        model: Name and version of the model, told with each detection.
        topics: What to subscribe to, below `<base>/<site>/`; wildcards are allowed.

    Raises:
        ConfigError: The password or the authority's certificate cannot be read.
    """
    new_client = client_factory(settings, settings.client_id or default_client_id(site))
    return Publisher(settings, Source(site, model, settings.expires_s), new_client, topics)


class Publisher:
    """What the daemon says to the broker, connected or not.

    A detection stays in the outbox until the broker has acknowledged it. What paho still holds when a
    connection ends would be sent again however old it is, so it is thrown away at the next connection,
    and the outbox sends what is fresh. States are not queued: each connection begins with the latest.
    """

    def __init__(
        self,
        settings: MqttSettings,
        source: Source,
        new_client: Callable[[MQTTProtocolVersion], BrokerClient],
        topics: Sequence[str] = (),
    ) -> None:
        self._settings = settings
        self._source = source
        self._prefix = f"{settings.base}/{source.site}"
        self._where = (settings.host, settings.port)
        self._new_client = new_client
        self._client = new_client(PROTOCOLS.get(settings.protocol, MQTTProtocolVersion.MQTTv5))
        self._lock = Lock()
        self._outbox = Outbox(settings.outbox)
        self._acknowledged: deque[tuple[int, bool]] = deque()
        self._topics = tuple(f"{self._prefix}/{topic}" for topic in topics)
        self._states = {"availability": b"online"}
        self._inbox = Inbox(f"{self._prefix}/")
        self._connections = 0
        self._refused = 0
        self._trouble: str | None = None
        self._connected = Event()
        self._disconnected = Event()
        self._ending = False
        self._told: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._ending = True
        if self._connected.is_set():
            self._say_farewell()
        still_connected = self._connected.is_set()
        self._client.disconnect()
        # loop_stop() joins without a limit, and paho's thread is only sure to end at once after it hung up.
        # Amid an attempt to connect it ends after that, and being a daemon it holds up nobody.
        if still_connected and self._disconnected.wait(HANG_UP_S):
            self._client.loop_stop()

    @property
    def connected(self) -> bool:
        """Whether the broker has let us in, as far as we know."""
        return self._connected.is_set()

    @property
    def counters(self) -> Counters:
        """What became of all detections so far."""
        with self._lock:
            self._settle()
            self._outbox.expire(time.monotonic())
            return Counters(
                outbox=len(self._outbox),
                published=self._outbox.published,
                expired=self._outbox.expired,
                dropped=self._outbox.dropped,
                refused=self._refused,
                reconnects=max(0, self._connections - 1),
                inbox_dropped=self._inbox.dropped,
                inbox_refused=self._inbox.refused,
            )

    @property
    def trouble(self) -> str | None:
        """Why the broker does not take what we say, and what to do about it; None when all is well."""
        return self._trouble

    def wait_until_connected(self, timeout_s: float) -> bool:
        """Return whether the broker lets us in within so many seconds."""
        return self._connected.wait(timeout_s)

    def speak_for(self, model: str) -> None:
        """Tell from now on that detections are another model's, by its name and version."""
        self._source = replace(self._source, model=model)

    def detection(self, detection: Detection) -> None:
        """Publish a keyword that was heard, now or as soon as there is a broker, or never once it is old."""
        now = time.monotonic()
        with self._lock:
            for message in detection_messages(detection, self._source, uuid.uuid4().hex, now):
                self._outbox.put(message, now)
            self._flush()

    def number(self, number: SpokenNumber | NumberRejection) -> None:
        """Publish a number that was said, or that it does not count; held to the same time to live."""
        now = time.monotonic()
        with self._lock:
            self._outbox.put(number_message(number, self._source, uuid.uuid4().hex, now), now)
            self._flush()

    def microphone(self, *, online: bool) -> None:
        """Say whether sound comes in."""
        self.state("microphone", b"online" if online else b"offline")

    def state(self, topic: str, payload: bytes) -> None:
        """Keep the latest of a retained topic below ours and say it, now and at each new connection."""
        with self._lock:
            if self._states.get(topic) == payload:
                return
            self._states[topic] = payload
            if self._connected.is_set():
                self._publish_state(topic, payload)

    def diagnostic(self, topic: str, payload: bytes, expires_s: float) -> None:
        """Say something below our topic that is worth nothing later: now, or not at all."""
        message = Message(topic, payload, time.monotonic() + expires_s)
        with self._lock:
            if self._connected.is_set():
                self._publish(message, time.monotonic())

    def received(self) -> list[Received]:
        """Return what came on the topics subscribed to since the last call, oldest first."""
        return self._inbox.taken()

    def _connect(self) -> None:
        client = self._client
        client.will_set(f"{self._prefix}/availability", b"offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_silence = self._on_silence
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.connect_async(self._settings.host, self._settings.port, self._settings.keepalive_s)
        client.loop_start()

    def _flush(self) -> None:
        """Hand paho what waits and is fresh; the lock is held."""
        self._settle()
        if not self._connected.is_set():
            return
        now = time.monotonic()
        while (message := self._outbox.take(now)) is not None:
            self._outbox.sent(message, self._publish(message, now).mid)

    def _settle(self) -> None:
        """Tell the outbox what has been acknowledged; the lock is held."""
        while self._acknowledged:
            mid, accepted = self._acknowledged.popleft()
            self._outbox.acknowledge(mid, accepted=accepted)

    def _publish(self, message: Message, now: float) -> MQTTMessageInfo:
        properties = None
        if self._client.protocol == MQTTProtocolVersion.MQTTv5 and not message.retain:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's fault
            properties.MessageExpiryInterval = max(1, int(message.expires - now))
        topic = f"{self._prefix}/{message.topic}"
        return self._client.publish(topic, message.payload, 1, message.retain, properties)

    def _publish_state(self, topic: str, payload: bytes) -> MQTTMessageInfo:
        return self._client.publish(f"{self._prefix}/{topic}", payload, qos=1, retain=True)

    def _say_farewell(self) -> None:
        deadline = time.monotonic() + FAREWELL_S
        with self._lock:
            farewell = [self._publish_state(topic, b"offline") for topic in ("microphone", "availability")]
        for info in farewell:
            if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS:
                info.wait_for_publish(max(0.0, deadline - time.monotonic()))

    # From here on paho's thread. It holds a lock of its own in on_publish and may in on_disconnect: taking
    # ours there could wait forever.

    def _on_connect(
        self, client: Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason == "Unsupported protocol version" and self._settings.protocol == "auto":
            self._switch_protocol()
            return
        if reason.is_failure:
            self._warn_once(
                "broker refuses us host=%s port=%d user=%s reason=%s", self._settings.username, reason
            )
            return
        if self._ending:
            client.disconnect()
            return
        self._begin_connection()

    def _begin_connection(self) -> None:
        with self._lock:
            self._settle()
            self._client.drop_out_messages()
            self._outbox.recall()
            self._disconnected.clear()
            self._connected.set()
            self._connections += 1
            if self._topics:
                self._client.subscribe([(topic, 1) for topic in self._topics])
            for topic, payload in self._states.items():
                self._publish_state(topic, payload)
            self._flush()
        self._told = ()
        self._trouble = None
        log.info("broker connected host=%s port=%d protocol=%s", *self._where, self._client.protocol.name)

    def _on_silence(self) -> None:
        self._warn_once("broker accepts the connection but does not answer host=%s port=%d")
        if self._settings.protocol == "auto":
            self._switch_protocol()

    def _switch_protocol(self) -> None:
        """Go on with a new client, as paho's keep to one protocol; the old one's thread ends by itself."""
        with self._lock:
            self._client.on_disconnect = None
            self._client.disconnect()
            if self._ending:
                return
            newer = self._client.protocol == MQTTProtocolVersion.MQTTv5
            self._client = self._new_client(PROTOCOLS["3.1.1" if newer else "5"])
            self._connect()
        log.info("broker tried anew host=%s port=%d protocol=%s", *self._where, self._client.protocol.name)

    def _on_connect_fail(self, client: Client, _userdata: object) -> None:
        if self._ending:
            client.disconnect()
            return
        self._warn_once("broker unreachable host=%s port=%d error=%s", str(sys.exception()))

    def _on_disconnect(
        self, _client: Client, _userdata: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        was_connected = self._connected.is_set()
        self._connected.clear()
        self._disconnected.set()
        if was_connected and not self._ending:
            log.warning("broker lost host=%s port=%d reason=%s", *self._where, reason)

    def _on_publish(
        self, _client: Client, _userdata: object, mid: int, reason: ReasonCode, _properties: object
    ) -> None:
        self._acknowledged.append((mid, not reason.is_failure))
        if reason.is_failure:
            self._refused += 1
            self._warn_once(
                "broker refuses messages host=%s port=%d below=%s reason=%s", self._prefix, reason
            )

    def _on_subscribe(
        self, _client: Client, _userdata: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        if refusals := [reason for reason in reasons if reason.is_failure]:
            self._warn_once(
                "broker refuses subscriptions host=%s port=%d below=%s reason=%s", self._prefix, refusals[0]
            )

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if not message.retain:  # an old command must not fire again
            self._inbox.put(message.topic, bytes(message.payload), time.monotonic())

    def _warn_once(self, event: str, *fields: object) -> None:
        """Tell trouble with the broker, but not at each new attempt."""
        self._trouble = (event % (*self._where, *fields)).replace(" host", ": host", 1)
        trouble = (event, *map(str, fields))
        if trouble != self._told:
            log.warning(event, *self._where, *fields)
        self._told = trouble


def client_factory(settings: MqttSettings, client_id: str) -> Callable[[MQTTProtocolVersion], BrokerClient]:
    """Return what makes a client of either protocol, with the credentials that the settings lead to.

    Raises:
        ConfigError: The password or the authority's certificate cannot be read.
    """
    password = find_password(settings.password_file, settings.password, os.environ)
    tls = encryption(settings.ca_file) if settings.tls else None

    def new_client(protocol: MQTTProtocolVersion) -> BrokerClient:
        client = BrokerClient(client_id, protocol)
        client.reconnect_delay_set(min_delay=1, max_delay=LONGEST_RETRY_S)
        if settings.username:
            client.username_pw_set(settings.username, password)
        if tls is not None:
            client.tls_set_context(tls)
        return client

    return new_client
