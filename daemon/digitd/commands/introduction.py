"""Introducing the daemon to Home Assistant: at each connection, and after each start of Home Assistant."""

import math
import random
from collections.abc import Callable

from digitd import __version__
from digitd.clock import SYSTEM, Clock
from digitd.commands.recogniser import site
from digitd.config import Config
from digitd.publish.client import machine_hash
from digitd.publish.home_assistant import BIRTH, Device, birth_topic, discovery_topic, identity, introduction
from digitd.publish.inbox import Received
from digitd.publish.payload import Elsewhere
from digitd.service.voice import Voice


def _some_seconds() -> float:
    """Return how long to wait: all rooms hear of a start of Home Assistant at once, and it is busy then."""
    return random.uniform(1.0, 10.0)  # noqa: S311 - no secret


class Introduction:
    """What Home Assistant is told, and when it is told again.

    Args:
        config: In force.
        voice: To the broker.
        clock: Where times come from.
        delay_s: How long to wait after a start of Home Assistant.
    """

    def __init__(
        self,
        config: Config,
        voice: Voice,
        clock: Clock = SYSTEM,
        delay_s: Callable[[], float] = _some_seconds,
    ) -> None:
        self._config = config
        self._voice = voice
        self._clock = clock
        self._delay_s = delay_s
        self._keywords: tuple[str, ...] = ()
        self._due = math.inf

    def introduce(self, model: str, keywords: tuple[str, ...], *, numbers: bool, budget: bool) -> None:
        """Say what there is, from now on at each connection.

        Args:
            model: Its name and version.
            keywords: What it may hear.
            numbers: Whether it puts digits together to numbers.
            budget: Whether it keeps a budget of false accepts.
        """
        settings = self._config.home_assistant
        if not settings.enabled:
            return
        forgotten = tuple(keyword for keyword in self._keywords if keyword not in keywords)
        self._keywords = (*keywords, *forgotten)
        place = site(self._config)
        device = Device(
            identity=identity(place, machine_hash()),
            name=settings.name or f"digitd {place}",
            topics=f"{self._config.mqtt.base}/{place}",
            model=model,
            version=__version__,
            keywords=keywords,
            numbers=numbers,
            budget=budget,
            forgotten=forgotten,
        )
        message = introduction(settings, device)
        self._voice.state(message.topic, message.payload)

    def came(self, message: Received) -> None:
        """Take what came on somebody else's topic."""
        if message.topic == birth_topic(self._config.home_assistant) and message.payload == BIRTH:
            self._due = min(self._due, self._clock.monotonic() + self._delay_s())

    def heed(self) -> None:
        """Say it again, if it is time to: what the broker keeps may have been cleared meanwhile."""
        if self._clock.monotonic() >= self._due:
            self._due = math.inf
            self._voice.repeat(own_topic(self._config))


def subscriptions(config: Config) -> tuple[Elsewhere, ...]:
    """Return what has to be subscribed to for it."""
    settings = config.home_assistant
    return (birth_topic(settings),) if settings.enabled else ()


def own_topic(config: Config) -> Elsewhere:
    """Return where the daemon is introduced."""
    return discovery_topic(config.home_assistant, identity(site(config), machine_hash()))
