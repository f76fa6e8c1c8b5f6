"""paho's client, as we need it."""

import hashlib
import math
import os
import platform
import socket
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, LogLevel, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from digitd.errors import ConfigError
from digitd.publish.payload import Message
from digitd.publish.secret import find_password
from digitd.publish.settings import MqttSettings
from digitd.publish.tls import encryption, refresh
from digitd.publish.trouble import UnpreparedError

PROTOCOLS: Final = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
ANSWER_S: Final = 4.0
TICK_S: Final = 0.25
NOTHING_KNOWN: Final = OSError("for no known reason")
RESET: Final = struct.pack("ii", 1, 0)
"""For SO_LINGER: on, for no time at all (man 7 socket)."""


class BrokerClient(Client):
    """A client that prepares anew for each attempt to connect, and hangs up on a broker that hangs.

    paho waits for an answer as long as the keep-alive. amqtt, asked for version 5 with a last will, misreads
    the request, waits for more of it and never refuses.

    Attributes:
        prepare: Called before each attempt; what it raises makes the attempt fail.
        on_tick: Called a few times a second while connected. Returns whether the connection is to go on.
        on_silence: Called after hanging up on a broker that did not answer the request to connect.
        error: What first went wrong on the current or latest connection, as far as the system told.
        died_of: What ended paho's thread and should not have.
    """

    def __init__(self, client_id: str, protocol: MQTTProtocolVersion) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, protocol=protocol)
        self.prepare: Callable[[], None] = lambda: None
        self.on_tick: Callable[[], bool] = lambda: True
        self.on_silence: Callable[[], None] = lambda: None
        self.error: OSError = NOTHING_KNOWN
        self.died_of: BaseException | None = None
        self._answer_due = math.inf
        self.on_socket_open = self._expect_answer
        self.on_log = self._note_error

    def loop_forever(self, timeout: float = TICK_S, retry_first_connection: bool = False) -> MQTTErrorCode:  # noqa: FBT001, FBT002 - as paho has it
        """Do what paho does, with shorter waits, and close what it would leave to the garbage collector."""
        try:
            return super().loop_forever(min(timeout, TICK_S), retry_first_connection)
        except BaseException as error:
            self.died_of = error
            raise
        finally:
            self._reset_sockets()

    def reconnect(self) -> MQTTErrorCode:
        """Prepare and connect; an OSError is tried again after, anything else would end paho's thread."""
        self.error = NOTHING_KNOWN
        try:
            self.prepare()
            return super().reconnect()
        except OSError as error:  # which, for a certificate, is a ValueError too
            # Its frames hold the socket, which paho leaves open where a handshake fails.
            self.error = error.with_traceback(None)
            raise
        except (ConfigError, ValueError) as error:  # the latter for a name that cannot be one
            self.error = UnpreparedError(str(error))
            raise self.error from error

    def loop_misc(self) -> MQTTErrorCode:
        """Do what paho does between waits, and keep deadlines."""
        if self.socket() is None:
            return super().loop_misc()
        if self.is_connected():
            self._answer_due = math.inf
            if not self.on_tick():
                self._hang_up()
                return MQTTErrorCode.MQTT_ERR_CONN_LOST
        elif time.monotonic() >= self._answer_due:
            self._hang_up()
            self.on_silence()
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        return super().loop_misc()

    def reset_on_close(self) -> None:
        """Let the connection end in a way that a broker that hangs notices, should it ever go on.

        After an orderly end it would read and pass on all that had reached its machine meanwhile, hours late.
        """
        sock = self.socket()
        if isinstance(sock, socket.socket):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)

    def _hang_up(self) -> None:
        self.reset_on_close()
        sock = self.socket()
        if sock is not None:
            sock.close()

    def _expect_answer(self, *_: object) -> None:
        self._answer_due = time.monotonic() + ANSWER_S

    def _note_error(self, _client: Client, _userdata: object, level: int, _text: str) -> None:
        """Keep what paho only logs: the broker's word about our certificate comes after the handshake."""
        error = sys.exception()
        if self.error is NOTHING_KNOWN and level == LogLevel.MQTT_LOG_ERR and isinstance(error, OSError):
            self.error = error


def client_factory(settings: MqttSettings, client_id: str) -> Callable[[MQTTProtocolVersion], BrokerClient]:
    """Return what makes a client of either protocol, with the credentials that the settings lead to.

    Password and certificates are read again before each attempt: they may have been put right meanwhile.

    Raises:
        ConfigError: The password or a certificate cannot be read.
    """
    find_password(settings.password_file, settings.password, os.environ)
    tls = encryption(settings) if settings.tls else None

    def new_client(protocol: MQTTProtocolVersion) -> BrokerClient:
        client = BrokerClient(client_id, protocol)
        if tls is not None:
            client.tls_set_context(tls)
        client.prepare = lambda: prepare(client)
        return client

    def prepare(client: BrokerClient) -> None:
        if settings.username:
            password = find_password(settings.password_file, settings.password, os.environ)
            client.username_pw_set(settings.username, password)
        if tls is not None:
            refresh(tls, settings)

    return new_client


def publish_properties(message: Message, now: float) -> Properties:
    """Return what MQTT 5 tells beside a message. One that is retained stays, so it does not expire."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho's fault
    if not message.retain and message.expires < math.inf:
        properties.MessageExpiryInterval = max(1, int(message.expires - now))
    if message.identifier:
        properties.UserProperty = ("id", message.identifier)
    if message.content_type:
        properties.ContentType = message.content_type
    return properties


def default_client_id(site: str) -> str:
    """Return a name that stays the same over restarts and differs between machines."""
    return f"digitd-{site}-{machine_hash()}"


def machine_hash() -> str:
    """Tell this machine from others without giving its id away, as man 5 machine-id asks."""
    machine_id = Path("/etc/machine-id")
    name = machine_id.read_text(encoding="ascii") if machine_id.exists() else platform.node()
    return hashlib.sha256(b"digitd" + name.strip().encode()).hexdigest()[:8]
