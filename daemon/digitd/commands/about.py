"""What runs here, and what it could listen with."""

import platform

from digitd import __version__
from digitd.commands.recogniser import Recogniser


def devices() -> list[str]:
    """Return what can be recorded from, as `audio.device` takes it."""
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
