"""Does the broker let us in? Asked under a name of its own, so that a running daemon is left alone."""

import os
import time
from typing import Final

from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from digitd.errors import UnavailableError
from digitd.publish.mqtt import PROTOCOLS, MqttSettings, client_factory

ANSWER_S: Final = 3.0


def protocol_spoken(settings: MqttSettings) -> str:
    """Connect, disconnect, and return the version of MQTT that the broker speaks.

    Raises:
        ConfigError: The password or the authority's certificate cannot be read.
        UnavailableError: The broker is not there, or does not let us in.
    """
    versions = list(PROTOCOLS) if settings.protocol == "auto" else [settings.protocol]
    answers = (_answer(settings, version) for version in versions)
    version, answer = next(
        ((version, answer) for version, answer in zip(versions, answers, strict=True) if _is_final(answer)),
        (versions[-1], None),
    )
    where = f"{settings.host}:{settings.port}"
    if answer is None:
        raise UnavailableError(f"{where} does not answer as a broker; see mqtt.port and mqtt.tls")
    if answer.is_failure:
        raise UnavailableError(f"{where} refuses us: {answer}; see mqtt.username and mqtt.password_file")
    return version


def _is_final(answer: ReasonCode | None) -> bool:
    return answer is not None and answer != "Unsupported protocol version"


def _answer(settings: MqttSettings, version: str) -> ReasonCode | None:
    """Return what the broker says to us, None if it says nothing."""
    answers: list[ReasonCode] = []
    client = client_factory(settings, f"digitd-check-{os.getpid()}")(PROTOCOLS[version])
    client.on_connect = lambda *told: answers.append(told[3])
    try:
        client.connect(settings.host, settings.port)
    except OSError as error:
        raise UnavailableError(
            f"{settings.host}:{settings.port}: {error.strerror or error}; "
            "is the broker running? See mqtt.host and mqtt.port"
        ) from error
    give_up_at = time.monotonic() + ANSWER_S
    while not answers and time.monotonic() < give_up_at:
        if client.loop(0.1) != MQTTErrorCode.MQTT_ERR_SUCCESS:
            break
    client.disconnect()
    return answers[0] if answers else None
