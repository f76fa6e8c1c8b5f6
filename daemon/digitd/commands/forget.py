"""Taking away all that the broker keeps of this daemon, and with it the device in Home Assistant."""

from collections.abc import Iterator
from typing import Final

from digitd.commands.introduction import own_topic
from digitd.commands.recogniser import site
from digitd.config import Config
from digitd.model.bundle import read_bundle
from digitd.publish.forget import clear

RETAINED: Final = ("availability", "microphone", "last", "health", "info", "mute", "threshold")


def forget(config: Config) -> Iterator[str]:
    """Clear the broker, and tell of each topic.

    Raises:
        ConfigError: The broker's password or a certificate cannot be read.
        ModelError: The model, which has a topic for each keyword, cannot be read.
        UnavailableError: The broker is not there, does not let us in, or goes on keeping something.
    """
    ours = f"{config.mqtt.base}/{site(config)}"
    thresholds = [f"threshold/{keyword}" for keyword in read_bundle(config.model.file).card.keywords]
    known = [f"{ours}/{topic}" for topic in (*RETAINED, *thresholds)]
    kept = clear(config.mqtt, [*known, own_topic(config)], ours)
    yield from (f"cleared  {topic}" for topic in sorted({*kept, *known, own_topic(config)}))
    if kept.get(f"{ours}/availability") == b"online":
        yield "a daemon seems to run there: it says all of this again, unless it is stopped before"
