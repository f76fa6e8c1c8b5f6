"""Does the broker let us in? Asked under a name of its own, so that a running daemon is left alone."""

import os
from queue import Empty, SimpleQueue
from typing import Final

from paho.mqtt.reasoncodes import ReasonCode

from digitd.errors import UnavailableError
from digitd.publish.client import PROTOCOLS, client_factory
from digitd.publish.settings import MqttSettings
from digitd.publish.trouble import OTHER_VERSION, SILENT, Trouble, connect_trouble, hung_up, refusal

ANSWER_S: Final = 3.0


def protocol_spoken(settings: MqttSettings) -> str:
    """Connect, disconnect, and return the version of MQTT that the broker speaks.

    Raises:
        ConfigError: The password or a certificate cannot be read.
        UnavailableError: The broker is not there, or does not let us in.
    """
    versions = list(PROTOCOLS) if settings.protocol == "auto" else [settings.protocol]
    trouble: Trouble | None = None
    for version in versions:
        trouble = _trouble(settings, version)
        if trouble is None:
            return version
        if trouble != SILENT and trouble.reason != OTHER_VERSION:
            break
    raise UnavailableError(f"{settings.host}:{settings.port}: {trouble}")


def _trouble(settings: MqttSettings, version: str) -> Trouble | None:
    """Connect and disconnect, and return what is wrong."""
    told: SimpleQueue[Trouble | None] = SimpleQueue()
    client = client_factory(settings, f"digitd-check-{os.getpid()}")(PROTOCOLS[version])
    client.on_connect = lambda *answer: told.put(_refusal(answer[3], settings))
    client.on_connect_fail = lambda *_: told.put(connect_trouble(client.error, settings))
    client.on_disconnect = lambda *_: told.put(hung_up(client.error, settings))
    client.connect_async(settings.host, settings.port)
    client.loop_start()
    try:
        return told.get(timeout=ANSWER_S)
    except Empty:
        return SILENT
    finally:
        client.disconnect()  # paho's thread ends by itself


def _refusal(reason: ReasonCode, settings: MqttSettings) -> Trouble | None:
    return refusal(reason, settings) if reason.is_failure else None
