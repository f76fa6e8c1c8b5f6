"""What the daemon does with each moment of audio, and what may change while it runs."""

import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final

import msgspec

from digitd.commands.about import devices, info, versions
from digitd.commands.bookkeeping import Bookkeeping
from digitd.commands.collecting import Collector, stopped_by
from digitd.commands.introduction import Introduction
from digitd.commands.memory import budget_file, memory_file
from digitd.commands.onlookers import Onlookers
from digitd.commands.recogniser import Recogniser, site
from digitd.commands.remote import Remote
from digitd.commands.song import canary_of, refused_by_settings
from digitd.commands.tuning import THRESHOLD, page_state, unkept, with_tried
from digitd.commands.verdict_log import HIDDEN, log_number, log_verdict
from digitd.config import Config
from digitd.errors import ConfigError, DigitdError
from digitd.log import set_up_logging
from digitd.messages import Detection, Rejection
from digitd.monitor.tap import Tap
from digitd.numbers import DIGITS
from digitd.pipeline import Moment
from digitd.publish.inbox import Received
from digitd.publish.mqtt import Publisher
from digitd.publish.orders import UNSET
from digitd.publish.payload import Elsewhere
from digitd.service import echo
from digitd.service.board import Reading
from digitd.service.liveness import Liveness
from digitd.service.notify import Notifier
from digitd.service.tally import Tally
from digitd.service.timings import Timings
from digitd.service.vigil import Vigil

log = logging.getLogger(__name__)

RELOADED: Final = ("detector", "model", "decision", "numbers", "log")
"""Sections that take effect while the daemon runs; the others are about what is open."""


class Session:
    """Acts on each moment of audio while source and broker are open.

    Args:
        config: In force.
        read_again: Reads it anew, where that is asked for.
        recogniser: Made of it.
        publisher: To the broker.
        environ: Where systemd says what it wants to be told, and where state is kept.
        tap: To the web page; None where there is none.
        collector: Of clips; None where none are kept.
        keep: Writes keys of the configuration, such as `detector.onset_db`, into its file.

    Attributes:
        recogniser: Who listens; another configuration brings another one.

    Raises:
        ModelError: The model does not hear the stored digit.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that is opened before it
        self,
        config: Config,
        read_again: Callable[[], Config],
        recogniser: Recogniser,
        publisher: Publisher,
        environ: Mapping[str, str],
        tap: Tap | None,
        collector: Collector | None,
        keep: Callable[[Mapping[str, float]], None],
    ) -> None:
        self.recogniser = recogniser
        self._config = self._kept = config
        self._read_again = read_again
        self._keep = keep
        self._collector = collector
        self._publisher = publisher
        self._environ = environ
        self._tally = Tally(recogniser.rate_hz)
        self._timings = Timings()
        self._vigil = Vigil(
            Liveness(recogniser.rate_hz, config.audio.lost_after_s, config.audio.silent_after_s),
            canary_of(recogniser),
            Notifier(environ),
            publisher,
            self._counters,
            versions(recogniser),
        )
        _warn_of_deaf_settings(recogniser)
        self._bookkeeping = Bookkeeping(
            budget_file(site(config), environ), publisher, lambda: self._remote.orders
        )
        answers = {
            "health": self._vigil.health,
            "self-test": self._vigil.self_test,
            "reload": self.reload,
            "devices": devices,
            "budget": self._bookkeeping.fields,
            "not-me": lambda: self._bookkeeping.not_me(self.recogniser),
        }
        self._remote = Remote(memory_file(site(config), environ), publisher, answers, recogniser.keywords)
        recogniser.obey(self._remote.orders)
        self._bookkeeping.begin(config, recogniser)
        self._introduction = Introduction(config, publisher)
        self._onlookers = Onlookers(tap, self._do, self._vigil.health) if tap else None
        self._introduce()

    def take(self, moment: Moment) -> None:
        """Act on what was heard and on what was said to us, then look after ourselves."""
        heard = moment.heard
        self._tally.block(heard.block)
        if len(heard.block.samples):
            self._timings.block(heard.took_s)
        for verdict in moment.verdicts:
            self._act_on(verdict)
        for number in moment.numbers:
            self._tally.number(number)
            self._publisher.number(number)
            log_number(number)
        for message in self._publisher.received():
            self._hear(message)
        self._introduction.heed()
        self._vigil.heed(heard.block, heard.level_dbfs, heard.onset_dbfs, heard.floor_dbfs)
        if self._bookkeeping.follow(moment, self.recogniser, listening=self._vigil.listening):
            self._tell_onlookers()
        clips = self._collect(moment)
        if self._onlookers:
            hidden = HIDDEN if self._config.numbers.secret else None
            self._onlookers.show(moment, self.recogniser, hidden, clips)

    def reload(self) -> dict[str, Any]:
        """Take over another configuration as far as that is possible, and tell what was not.

        Raises:
            ConfigError: It is wrong; nothing has changed.
            ModelError: Its model cannot be used; nothing has changed.
        """
        wanted = self._read_again()
        return self._take_over(wanted, kept=wanted)

    def _take_over(self, wanted: Config, kept: Config) -> dict[str, Any]:
        """The same with a configuration that differs from the one kept in the file."""
        possible = replace(self._config, **{name: getattr(wanted, name) for name in RELOADED})
        recogniser = Recogniser(possible)
        if recogniser.rate_hz != self.recogniser.rate_hz:
            raise ConfigError(f"model.path: a model for {recogniser.rate_hz} Hz needs a restart")
        self._vigil.canary = canary_of(recogniser)
        self._vigil.versions = versions(recogniser)
        self._publisher.speak_for(recogniser.title)
        self._remote.keywords = recogniser.keywords
        self._remote.tell()
        set_up_logging(possible.log, sys.stderr, self._environ)
        log.info("configuration reloaded model=%s", recogniser.title)
        _warn_of_deaf_settings(recogniser)
        recogniser.obey(self._remote.orders)
        self._bookkeeping.begin(possible, recogniser)
        self.recogniser, self._config, self._kept = recogniser, possible, kept
        self._introduce()
        return {"model": recogniser.title, "needs_restart": _unchanged(possible, wanted)}

    def try_to_reload(self) -> None:
        """The same, asked for by somebody who gets no answer: what is wrong is logged."""
        try:
            self.reload()
        except DigitdError as error:
            log.error("configuration refused, the old one stays error=%r", str(error))  # noqa: TRY400 - no bug

    def reading(self) -> Reading:
        """Return what Prometheus is told, as things are now."""
        return Reading(
            health=self._vigil.now(),
            connected=self._publisher.connected,
            latency=self._timings.latency.so_far(),
            stages=self._timings.stages(),
        )

    def end(self, by: str) -> None:
        """Say what is left to say."""
        self._vigil.end()
        self._bookkeeping.end()
        self._tally.tell()
        mqtt = self._publisher.counters
        log.info(
            "stopping by=%s heard=%d messages=%d expired=%d dropped=%d refused=%d",
            *(by, self._tally.heard.total(), mqtt.published, mqtt.expired, mqtt.dropped, mqtt.refused),
        )

    def _introduce(self) -> None:
        """Say once what runs here, and how it is set."""
        self._publisher.state("info", msgspec.json.encode(info(self._config, self.recogniser)))
        numbers = self._config.numbers
        held_back = DIGITS if numbers.hold_back else set()
        keywords = tuple(keyword for keyword in self.recogniser.keywords if keyword not in held_back)
        budget = bool(self._config.decision.false_accepts_per_day)
        self._introduction.introduce(self.recogniser.title, keywords, numbers=numbers.enabled, budget=budget)
        self._tell_onlookers()

    def _collect(self, moment: Moment) -> Sequence[str | None]:
        """Keep what was said, as far as that is wanted and allowed; return what the clips are called."""
        if not self._collector:
            return ()
        clips = self._collector.take(moment, self.recogniser, stopped_by(self._config, self._remote.orders))
        if self._collector.has_news():
            self._tell_onlookers()
        return clips

    def _tell_onlookers(self) -> None:
        if self._onlookers:
            state = page_state(self._config, self._kept, self._remote.orders)
            clips = self._collector.shown(self.recogniser.keywords) if self._collector else None
            self._onlookers.tell({**state, "budget": self._bookkeeping.shown(), "clips": clips})

    def _do(self, topic: str, payload: str) -> Any:  # noqa: ANN401 - each answer has its own form
        """Do what is asked for on the web page.

        Raises:
            DigitdError: It cannot be done; nothing has changed.
        """
        if topic == "detector/set":
            return self._take_over(with_tried(self._config, payload), self._kept)
        if topic == "settings/keep":
            return self._keep_tried()
        if topic == "not-me":
            return self._not_me(payload)
        if self._collector and topic.startswith("clips/"):
            return self._collector.do(topic, payload, self.recogniser.keywords)
        answer = self._remote.do(topic, payload.encode())
        self._obey()
        return answer

    def _not_me(self, onset: str) -> dict[str, Any]:
        if not onset.isdecimal():
            raise DigitdError("must be the index of the first sample of a keyword")
        answer = self._bookkeeping.not_me(self.recogniser, int(onset))
        self._tell_onlookers()
        return answer

    def _keep_tried(self) -> dict[str, Any]:
        """Write what is only tried into the configuration's file, and take it from there."""
        changes = unkept(self._config, self._kept, self._remote.orders)
        self._keep(changes)
        if THRESHOLD in changes:
            self._remote.do("threshold/set", UNSET.encode())
        return self.reload()

    def _hear(self, message: Received) -> None:
        if message.topic == echo.TOPIC:
            self._vigil.echo.came(message.payload, message.at)
            return
        if isinstance(message.topic, Elsewhere):
            self._introduction.came(message)
            return
        self._remote.take(message)
        self._obey()

    def _obey(self) -> None:
        self.recogniser.obey(self._remote.orders)
        self._tell_onlookers()

    def _act_on(self, verdict: Detection | Rejection) -> None:
        name = self._name(verdict)
        if isinstance(verdict, Detection) and not self._is_held_back(verdict):
            self._publisher.detection(verdict)
            self._timings.latency.add(time.monotonic() - verdict.offset_monotonic)
        if verdict.score:
            self._timings.utterance(verdict.score.took_s)
        self._tally.verdict(verdict, name)
        log_verdict(verdict, name)

    def _is_held_back(self, detection: Detection) -> bool:
        return self._config.numbers.hold_back and detection.keyword in DIGITS

    def _name(self, verdict: Detection | Rejection) -> str | None:
        """Return what an utterance is called in log and counters, where any digit may belong to a secret."""
        label = verdict.score.label if verdict.score else None
        return HIDDEN if self._config.numbers.secret and label in DIGITS else label

    def _counters(self) -> Mapping[str, Any]:
        return {**self._tally.counters(), "mqtt": self._publisher.counters}


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
