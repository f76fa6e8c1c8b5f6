"""The connection to the broker: it comes back by itself, however it was lost, and says why it was."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Lock
from typing import Final, Self

from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client, MQTTMessage
from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from digitd.publish import trouble as troubles
from digitd.publish.client import PROTOCOLS, client_factory, publish_properties
from digitd.publish.deliveries import AT_ONCE
from digitd.publish.history import History
from digitd.publish.payload import Message, in_full
from digitd.publish.retry import Patience
from digitd.publish.settings import MqttSettings
from digitd.publish.trouble import Trouble

log = logging.getLogger(__name__)

HANG_UP_S: Final = 0.2
NO_RETAINED: Final = 2
"""Of a subscription's options: nothing that was said before (MQTT 5, 3.8.3.1)."""


@dataclass(frozen=True, slots=True)
class Ears:
    """What is called in paho's thread when something happens on the connection.

    Attributes:
        tick: A few times a second while connected, at first at once. Returns False to give the connection up.
        answered: The broker's answers to the packet with this identifier. paho holds a lock of its own that
            whoever publishes needs too, so it must not wait for anything.
        heard: A message came, on a topic that we asked for.
    """

    tick: Callable[[], bool]
    answered: Callable[[int, Sequence[ReasonCode]], None]
    heard: Callable[[MQTTMessage], None]


class Connection:
    """A connection that keeps itself up.

    Attributes:
        history: What became of it so far.
        count: So many times the broker has let us in.
        at_once: So many messages the broker takes before it has answered the first.
    """

    def __init__(
        self, settings: MqttSettings, client_id: str, prefix: str, ears: Ears, patience: Patience
    ) -> None:
        self._settings = settings
        self._prefix = prefix
        self._ears = ears
        self._new_client = client_factory(settings, client_id)
        self._client = self._new_client(PROTOCOLS.get(settings.protocol, MQTTProtocolVersion.MQTTv5))
        self._spoken: MQTTProtocolVersion | None = None
        self._lock = Lock()
        self._up = Event()
        self._down = Event()
        self._ending = False
        self._refused = False
        self.history = History(settings.host, settings.port, client_id, patience)
        self.count = 0
        self.at_once = AT_ONCE

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._ending = True
            was_up = self._up.is_set()
            self._client.disconnect()
        # loop_stop() joins without a limit, and paho's thread is only sure to end at once after it hung up.
        # Amid an attempt to connect it ends after that, and being a daemon it holds up nobody.
        if was_up and self._down.wait(HANG_UP_S):
            self._client.loop_stop()

    def number(self) -> int:
        """Return which connection this is, counted from 1, or 0 while there is none.

        Raises:
            RuntimeError: A mistake of ours or paho's ended the thread that would bring it back.
        """
        if self._client.died_of is not None:
            raise RuntimeError("the connection to the broker cannot go on") from self._client.died_of
        return self.count if self._up.is_set() else 0

    def wait(self, timeout_s: float) -> bool:
        """Return whether the broker lets us in within so many seconds."""
        return self._up.wait(timeout_s)

    def publish(self, message: Message, now: float) -> int:
        """Hand a message to paho, and return the packet identifier."""
        properties = publish_properties(message, now) if self._speaks_5 else None
        topic = in_full(message.topic, self._prefix)
        return self._client.publish(topic, message.payload, 1, message.retain, properties).mid

    def subscribe(self, topics: Sequence[str]) -> int:
        """Ask for what is said on these topics, and return the packet identifier."""
        names = [in_full(topic, self._prefix) for topic in topics]
        if self._speaks_5:
            options = SubscribeOptions(qos=1, retainHandling=NO_RETAINED)
            _, mid = self._client.subscribe([(name, options) for name in names])
        else:
            _, mid = self._client.subscribe([(name, 1) for name in names])
        return mid or 0  # none where the connection is gone by now

    def discard_unread(self) -> None:
        """Let a broker that hangs pass on no more of what it was told, should it ever go on."""
        self._client.reset_on_close()

    @property
    def _speaks_5(self) -> bool:
        return self._client.protocol == MQTTProtocolVersion.MQTTv5

    def _open(self) -> None:
        client = self._client
        client.will_set(f"{self._prefix}/availability", b"offline", qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_silence = self._on_silence
        client.on_disconnect = self._on_disconnect
        client.on_publish = lambda _client, _data, mid, reason, _more: self._ears.answered(mid, [reason])
        client.on_subscribe = lambda _client, _data, mid, reasons, _more: self._ears.answered(mid, reasons)
        client.on_message = lambda _client, _data, message: self._ears.heard(message)
        client.on_tick = self._tick
        self._ask_to_connect()
        client.loop_start()

    def _ask_to_connect(self) -> None:
        # A new session each time: what was said to us while we were away is an old command.
        clean_start = True if self._speaks_5 else MQTT_CLEAN_START_FIRST_ONLY  # 3.1.1 has nothing else
        where = (self._settings.host, self._settings.port)
        self._client.connect_async(*where, self._settings.keepalive_s, clean_start=clean_start)

    # From here on paho's thread.

    def _on_connect(
        self, _client: Client, _data: object, _flags: object, reason: ReasonCode, more: Properties | None
    ) -> None:
        if self._is_over():
            return
        if reason == troubles.OTHER_VERSION and self._settings.protocol == "auto":
            self._switch_protocol()
        elif reason.is_failure:
            self._refused = True
            self._fail(troubles.refusal(reason, self._settings))
        else:
            self._begin(more)

    def _begin(self, properties: Properties | None) -> None:
        # What paho still holds it would send again however old it is.
        self._client.drop_out_messages()
        self._spoken = self._client.protocol
        self.at_once = min(AT_ONCE, getattr(properties, "ReceiveMaximum", AT_ONCE))
        self.count += 1
        self._down.clear()
        self._up.set()
        self.history.begun(self._client.protocol.name, time.monotonic())

    def _on_silence(self) -> None:
        if self._is_over():
            return
        self._fail(troubles.SILENT)
        if self._settings.protocol == "auto" and self._client.protocol != self._spoken:
            self._switch_protocol()

    def _switch_protocol(self) -> None:
        """Go on with a new client, as paho's keep to one protocol; the old one's thread ends by itself."""
        with self._lock:
            self._client.on_disconnect = None
            self._client.disconnect()
            if self._ending:
                return
            self._client = self._new_client(PROTOCOLS["3.1.1" if self._speaks_5 else "5"])
            self._open()
        log.info("broker asked anew protocol=%s", self._client.protocol.name)

    def _on_connect_fail(self, _client: Client, _data: object) -> None:
        if self._is_over():
            return
        self._fail(troubles.connect_trouble(self._client.error, self._settings))
        with self._lock:
            if not self._ending:
                self._ask_to_connect()  # or paho would wait twice before the second attempt

    def _tick(self) -> bool:
        now = time.monotonic()
        self.history.lasts(now)
        if self._ears.tick():
            return True
        self._end()
        self._wait_before_next(self.history.hung(now))
        return False

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: object, reason: ReasonCode, _more: object
    ) -> None:
        was_up, was_refused = self._up.is_set(), self._refused
        self._end()
        if self._is_over():
            return
        if was_up:
            self._wait_before_next(self.history.lost(str(reason), time.monotonic()))
        elif not was_refused:
            self._fail(troubles.hung_up(self._client.error, self._settings))

    def _is_over(self) -> bool:
        """Return whether we are leaving; paho, amid an attempt to connect, may have missed that."""
        if self._ending:
            self._client.disconnect()
        return self._ending

    def _end(self) -> None:
        self._refused = False
        self._up.clear()
        self._down.set()

    def _fail(self, trouble: Trouble) -> None:
        self._wait_before_next(self.history.failed(trouble))

    def _wait_before_next(self, delay_s: int) -> None:
        """Let paho try again so much later."""
        self._client.reconnect_delay_set(delay_s, delay_s)
