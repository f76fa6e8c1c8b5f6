"""The configuration in force, who listens by it, and what of it may change while the daemon runs."""

import logging
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any, Final

from digitd.commands.own_takes import latest
from digitd.commands.recogniser import Recogniser
from digitd.commands.song import canary_of, refused_by_settings
from digitd.commands.tuning import with_tried
from digitd.config import Config
from digitd.errors import ConfigError
from digitd.log import set_up_logging

log = logging.getLogger(__name__)

RELOADED: Final = ("detector", "model", "decision", "numbers", "log")
"""Sections that take effect while the daemon runs; the others are about what is open."""


class InForce:
    """What the daemon goes by: either all of a change is taken over, or nothing.

    Args:
        config: Read at the start.
        recogniser: Made of it.
        read_again: Reads it anew.
        environ: Where systemd says who reads the log.

    Attributes:
        config: In force.
        kept: The same as it is in the file; they differ while something is only tried.
        recogniser: Who listens; another configuration brings another one.
        canary: Of the recogniser.

    Raises:
        ModelError: The model does not hear the stored digit.
    """

    def __init__(
        self,
        config: Config,
        recogniser: Recogniser,
        read_again: Callable[[], Config],
        environ: Mapping[str, str],
    ) -> None:
        self.config = self.kept = config
        self.recogniser = recogniser
        self.canary = canary_of(recogniser)
        self._read_again = read_again
        self._environ = environ
        _warn_of_deaf_settings(recogniser)

    def reload(self) -> dict[str, Any]:
        """Read the configuration anew, and tell what of it waits for a restart.

        Raises:
            ConfigError: It is wrong, or names takes that cannot be looked at.
            ModelError: Its model cannot be used.
        """
        wanted = self._read_again()
        told = self._take_over(wanted, kept=wanted)
        log.info("configuration reloaded model=%s", self.recogniser.title)
        return told

    def try_out(self, payload: str) -> dict[str, Any]:
        """Listen with other settings of the detector, which the file knows nothing of.

        Args:
            payload: See `with_tried`.

        Raises:
            ConfigError: With what is allowed.
        """
        told = self._take_over(with_tried(self.config, payload), self.kept)
        detector = self.config.detector
        log.info(
            "settings tried onset_db=%g offset_db=%g hang_over_ms=%g",
            *(detector.onset_db, detector.offset_db, detector.hang_over_ms),
        )
        return told

    def _take_over(self, wanted: Config, kept: Config) -> dict[str, Any]:
        possible = replace(self.config, **{name: getattr(wanted, name) for name in RELOADED})
        recogniser = Recogniser(possible)
        if recogniser.rate_hz != self.recogniser.rate_hz:
            raise ConfigError(f"model.path: a model for {recogniser.rate_hz} Hz needs a restart")
        if possible.decision.false_accepts_per_day and possible.decision.takes:
            latest(possible.decision.takes, recogniser.keywords)  # refused now, not once half is changed
        self.canary = canary_of(recogniser)
        set_up_logging(possible.log, sys.stderr, self._environ)
        _warn_of_deaf_settings(recogniser)
        self.recogniser, self.config, self.kept = recogniser, possible, kept
        return {"model": recogniser.title, "needs_restart": _unchanged(possible, wanted)}


def _warn_of_deaf_settings(recogniser: Recogniser) -> None:
    if reason := refused_by_settings(recogniser):
        log.warning(
            "these settings refuse a clear digit reason=%r cure=%r",
            reason,
            "look at detector and decision in the configuration",
        )


def _unchanged(possible: Config, wanted: Config) -> list[str]:
    """Return the sections that wait for a restart, and log them."""
    waiting = [
        field.name for field in fields(Config) if getattr(possible, field.name) != getattr(wanted, field.name)
    ]
    if waiting:
        log.warning("configuration needs a restart sections=%s", ",".join(waiting))
    return waiting
