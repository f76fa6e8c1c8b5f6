"""What the daemon does with each moment of audio, and what may change while it runs."""

import logging
import platform
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any, Final

from digitd import __version__
from digitd.commands.recogniser import Recogniser
from digitd.commands.song import canary_of, refused_by_settings
from digitd.config import Config
from digitd.errors import ConfigError, DigitdError
from digitd.log import set_up_logging
from digitd.messages import Detection, Rejection
from digitd.pipeline import Moment
from digitd.publish.mqtt import Publisher
from digitd.service import echo
from digitd.service.liveness import Liveness
from digitd.service.notify import Notifier
from digitd.service.tally import Tally
from digitd.service.vigil import Vigil

log = logging.getLogger(__name__)

RELOADED: Final = ("detector", "model", "decision", "log")
"""Sections that take effect while the daemon runs; the others are about what is open."""


class Session:
    """Acts on each moment of audio while source and broker are open.

    Args:
        config: In force.
        recogniser: Made of it.
        publisher: To the broker.
        environ: Where systemd says what it wants to be told.

    Attributes:
        recogniser: Who listens; another configuration brings another one.

    Raises:
        ModelError: The model does not hear the stored digit.
    """

    def __init__(
        self, config: Config, recogniser: Recogniser, publisher: Publisher, environ: Mapping[str, str]
    ) -> None:
        self.recogniser = recogniser
        self._config = config
        self._publisher = publisher
        self._environ = environ
        self._tally = Tally(recogniser.rate_hz)
        self._vigil = Vigil(
            Liveness(recogniser.rate_hz, config.audio.lost_after_s, config.audio.silent_after_s),
            canary_of(recogniser),
            Notifier(environ),
            publisher,
            self._counters,
            _versions(recogniser),
        )
        _warn_of_deaf_settings(recogniser)

    def take(self, moment: Moment) -> None:
        """Act on what was heard and on what was said to us, then look after ourselves."""
        heard = moment.heard
        self._tally.block(heard.block)
        for verdict in moment.verdicts:
            self._act_on(verdict)
        for message in self._publisher.received():
            if message.topic == echo.TOPIC:
                self._vigil.echo.came(message.payload, message.at)
        self._vigil.heed(heard.block, heard.level_dbfs, heard.onset_dbfs)

    def reload(self, read_again: Callable[[], Config]) -> bool:
        """Take over another configuration as far as that is possible; return whether it was.

        One that is wrong is told, and nothing changes.
        """
        try:
            wanted = read_again()
            possible = replace(self._config, **{name: getattr(wanted, name) for name in RELOADED})
            recogniser = Recogniser(possible)
            if recogniser.rate_hz != self.recogniser.rate_hz:
                raise ConfigError(f"model.path: a model for {recogniser.rate_hz} Hz needs a restart")
            canary = canary_of(recogniser)
        except DigitdError as error:
            log.error("configuration refused, the old one stays error=%r", str(error))  # noqa: TRY400 - no bug
            return False
        self.recogniser, self._config = recogniser, possible
        self._vigil.canary, self._vigil.versions = canary, _versions(recogniser)
        self._publisher.speak_for(recogniser.title)
        set_up_logging(possible.log, sys.stderr, self._environ)
        log.info("configuration reloaded model=%s", recogniser.title)
        _warn_of_deaf_settings(recogniser)
        _warn_of_unchanged(possible, wanted)
        return True

    def end(self, by: str) -> None:
        """Say what is left to say."""
        self._vigil.end()
        self._tally.tell()
        mqtt = self._publisher.counters
        log.info(
            "stopping by=%s heard=%d messages=%d expired=%d dropped=%d",
            *(by, self._tally.heard.total(), mqtt.published, mqtt.expired, mqtt.dropped),
        )

    def _act_on(self, verdict: Detection | Rejection) -> None:
        self._tally.verdict(verdict)
        if isinstance(verdict, Detection):
            self._publisher.detection(verdict)
            _log_detection(verdict)
            return
        log.debug(
            "ignored reason=%r level_dbfs=%.1f floor_dbfs=%.1f label=%s confidence=%.2f",
            *(str(verdict.reason), verdict.utterance.level_dbfs, verdict.utterance.floor_dbfs),
            *((verdict.score.label, verdict.score.probability) if verdict.score else (None, 0.0)),
        )

    def _counters(self) -> Mapping[str, Any]:
        return {**self._tally.counters(), "mqtt": self._publisher.counters}


def _log_detection(detection: Detection) -> None:
    log.info(
        "heard keyword=%s confidence=%.2f duration_ms=%d latency_ms=%d",
        *(detection.keyword, detection.score.probability),
        (detection.offset_at - detection.onset_at) / timedelta(milliseconds=1),
        1000 * (time.monotonic() - detection.offset_monotonic),
    )


def _warn_of_deaf_settings(recogniser: Recogniser) -> None:
    if reason := refused_by_settings(recogniser):
        log.warning(
            "these settings refuse a clear digit reason=%r cure=%r",
            reason,
            "look at detector and decision in the configuration",
        )


def _warn_of_unchanged(possible: Config, wanted: Config) -> None:
    waiting = [
        field.name for field in fields(Config) if getattr(possible, field.name) != getattr(wanted, field.name)
    ]
    if waiting:
        log.warning("configuration needs a restart sections=%s", ",".join(waiting))


def _versions(recogniser: Recogniser) -> dict[str, str]:
    return {
        "digitd": __version__,
        "model": recogniser.title,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
