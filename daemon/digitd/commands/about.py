"""What runs here, and what it could listen with."""

import platform
from typing import Any

from digitd import __version__
from digitd.commands.recogniser import Recogniser
from digitd.config import Config, json_schema, without_secrets


def devices() -> list[str]:
    """Return what can be recorded from, as `audio.device` takes it.

    Raises:
        UnavailableError: That cannot be told just now.
    """
    # Here, not above: it looks for sound cards, which a daemon that reads files must not.
    from digitd.audio.microphone import input_devices  # noqa: PLC0415

    return [f"{device.name}, {device.host_api}" for device in input_devices()]


def versions(recogniser: Recogniser) -> dict[str, str]:
    """Return what could make one daemon hear otherwise than another."""
    return {
        "digitd": __version__,
        "model": recogniser.title,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def info(config: Config, recogniser: Recogniser) -> dict[str, Any]:
    """Return what a daemon says of itself once, and whenever it is set otherwise: topic `info`."""
    return {
        "schema": 1,
        "versions": versions(recogniser),
        "keywords": recogniser.keywords,
        "config": without_secrets(config),
        "config_schema": json_schema(),
    }
