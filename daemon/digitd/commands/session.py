"""What the daemon does with each moment of audio, and with what is said to it meanwhile."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from digitd.commands.about import devices, info, versions
from digitd.commands.bookkeeping import Bookkeeping
from digitd.commands.collecting import Collector, stopped_by
from digitd.commands.in_force import InForce
from digitd.commands.introduction import Introduction
from digitd.commands.memory import budget_file, memory_file
from digitd.commands.onlookers import Onlookers
from digitd.commands.recogniser import Recogniser, site
from digitd.commands.remote import Remote
from digitd.commands.tuning import THRESHOLD, page_state, unkept
from digitd.commands.verdict_log import HIDDEN, log_number, log_verdict
from digitd.errors import DigitdError
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


class Session:
    """Acts on each moment of audio while source and broker are open.

    Args:
        in_force: The configuration, and who listens by it.
        publisher: To the broker.
        environ: Where systemd says what it wants to be told, and where state is kept.
        tap: To the web page; None where there is none.
        collector: Of clips; None where none are kept.
        keep: Writes keys of the configuration, such as `detector.onset_db`, into its file.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that is opened before it
        self,
        in_force: InForce,
        publisher: Publisher,
        environ: Mapping[str, str],
        tap: Tap | None,
        collector: Collector | None,
        keep: Callable[[Mapping[str, float]], None],
    ) -> None:
        self._in_force = in_force
        config, recogniser = in_force.config, in_force.recogniser
        self._keep = keep
        self._collector = collector
        self._publisher = publisher
        self._tally = Tally(recogniser.rate_hz)
        self._timings = Timings()
        self._vigil = Vigil(
            Liveness(recogniser.rate_hz, config.audio.lost_after_s, config.audio.silent_after_s),
            in_force.canary,
            Notifier(environ),
            publisher,
            self._counters,
            versions(recogniser),
        )
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

    @property
    def recogniser(self) -> Recogniser:
        """Who listens; another configuration brings another one."""
        return self._in_force.recogniser

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
        self._introduction.heed()
        self._vigil.heed(heard.block, heard.level_dbfs, heard.onset_dbfs, heard.floor_dbfs)
        if self._bookkeeping.follow(moment, self.recogniser, listening=self._vigil.listening):
            self._tell_onlookers()
        clips = self._collect(moment)
        if self._onlookers:
            hidden = HIDDEN if self._in_force.config.numbers.secret else None
            self._onlookers.show(moment, self.recogniser, hidden, clips)
        for message in self._publisher.received():  # last: it may bring a recogniser of other words
            self._hear(message)

    def reload(self) -> dict[str, Any]:
        """Take over another configuration as far as that is possible, and tell what was not.

        Raises:
            ConfigError: It is wrong; nothing has changed.
            ModelError: Its model cannot be used; nothing has changed.
        """
        told = self._in_force.reload()
        self._follow()
        return told

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

    def _follow(self) -> None:
        """Go by what is in force now."""
        recogniser = self.recogniser
        self._vigil.canary = self._in_force.canary
        self._vigil.versions = versions(recogniser)
        self._publisher.speak_for(recogniser.title)
        self._remote.keywords = recogniser.keywords
        self._remote.tell()
        recogniser.obey(self._remote.orders)
        self._bookkeeping.begin(self._in_force.config, recogniser)
        self._introduce()

    def _introduce(self) -> None:
        """Say once what runs here, and how it is set."""
        self._publisher.state("info", msgspec.json.encode(info(self._in_force.config, self.recogniser)))
        numbers = self._in_force.config.numbers
        held_back = DIGITS if numbers.hold_back else set()
        keywords = tuple(keyword for keyword in self.recogniser.keywords if keyword not in held_back)
        budget = bool(self._in_force.config.decision.false_accepts_per_day)
        self._introduction.introduce(self.recogniser.title, keywords, numbers=numbers.enabled, budget=budget)
        self._tell_onlookers()

    def _collect(self, moment: Moment) -> Sequence[str | None]:
        """Keep what was said, as far as that is wanted and allowed; return what the clips are called."""
        if not self._collector:
            return ()
        stopped = stopped_by(self._in_force.config, self._remote.orders)
        clips = self._collector.take(moment, self.recogniser, stopped)
        if self._collector.has_news():
            self._tell_onlookers()
        return clips

    def _tell_onlookers(self) -> None:
        if self._onlookers:
            state = page_state(self._in_force.config, self._in_force.kept, self._remote.orders)
            clips = self._collector.shown(self.recogniser.keywords) if self._collector else None
            self._onlookers.tell({**state, "budget": self._bookkeeping.shown(), "clips": clips})

    def _do(self, topic: str, payload: str) -> Any:  # noqa: ANN401 - each answer has its own form
        """Do what is asked for on the web page.

        Raises:
            DigitdError: It cannot be done; nothing has changed.
        """
        if topic == "detector/set":
            told = self._in_force.try_out(payload)
            self._follow()
            return told
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
        """Write what is only tried into the configuration's file, and take it from there.

        Raises:
            DigitdError: It cannot be written, or it is and cannot be taken over; what is in force stays.
        """
        changes = unkept(self._in_force.config, self._in_force.kept, self._remote.orders)
        self._write(changes)
        try:
            told = self.reload()
        except DigitdError as error:
            raise DigitdError(
                f"written into the configuration's file, but not taken from there: {error}"
            ) from error
        if THRESHOLD in changes:
            self._remote.do("threshold/set", UNSET.encode())
            self._obey()
        return told

    def _write(self, changes: Mapping[str, float]) -> None:
        try:
            self._keep(changes)
        except DigitdError as error:
            lines = ", ".join(f"{key}: {value:g}" for key, value in changes.items())
            raise DigitdError(f"{error}. To write it yourself: {lines}") from error

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
        return self._in_force.config.numbers.hold_back and detection.keyword in DIGITS

    def _name(self, verdict: Detection | Rejection) -> str | None:
        """Return what an utterance is called in log and counters, where any digit may belong to a secret."""
        label = verdict.score.label if verdict.score else None
        return HIDDEN if self._in_force.config.numbers.secret and label in DIGITS else label

    def _counters(self) -> Mapping[str, Any]:
        return {**self._tally.counters(), "mqtt": self._publisher.counters}
