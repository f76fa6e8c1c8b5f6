"""paho's client, as we need it."""

import hashlib
import math
import platform
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from digitd.errors import ConfigError

ANSWER_S = 4.0


class BrokerClient(Client):
    """A client that hangs up on a broker that accepts the connection but does not answer.

    paho waits as long as the keep-alive. amqtt, asked for version 5 with a last will, misreads the request,
    waits for more of it and never refuses.

    Attributes:
        on_silence: Called in paho's thread after hanging up.
    """

    on_silence: Callable[[], None] | None = None

    def __init__(self, client_id: str, protocol: MQTTProtocolVersion) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, protocol=protocol)
        self.on_socket_open = self._expect_answer
        self._answer_due = math.inf

    def loop_misc(self) -> MQTTErrorCode:
        """Do what paho does between waits of a second, and keep the deadline."""
        sock = self.socket()
        if sock is None or self.is_connected() or time.monotonic() < self._answer_due:
            return super().loop_misc()
        sock.close()
        if self.on_silence is not None:
            self.on_silence()
        return MQTTErrorCode.MQTT_ERR_CONN_LOST

    def _expect_answer(self, *_: object) -> None:
        self._answer_due = time.monotonic() + ANSWER_S


def encryption(ca_file: str) -> ssl.SSLContext:
    """Return what checks the broker's certificate: against this authority, or the system's own if empty.

    Raises:
        ConfigError: The file cannot be read or is no certificate.
    """
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:  # for a file that is no certificate, too
        raise ConfigError(
            f"mqtt.ca_file: {ca_file}: {error}; give the authority's certificate, PEM"
        ) from error


def default_client_id(site: str) -> str:
    """Return a name that stays the same over restarts and differs between machines."""
    return f"digitd-{site}-{_machine_hash()}"


def _machine_hash() -> str:
    """Tell this machine from others without giving its id away, as man 5 machine-id asks."""
    machine_id = Path("/etc/machine-id")
    name = machine_id.read_text(encoding="ascii") if machine_id.exists() else platform.node()
    return hashlib.sha256(b"digitd" + name.strip().encode()).hexdigest()[:8]
