"""The watch over the daemon: block by block it tells log, broker and systemd what becomes of it."""

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from digitd.clock import SYSTEM, Clock
from digitd.messages import AudioBlock
from digitd.service.canary import Canary
from digitd.service.echo import Echo
from digitd.service.health import CanaryReport, Health, canary_fields, health_fields
from digitd.service.lifecycle import seconds_since_start
from digitd.service.liveness import FLOWING, HEARING, Change, Liveness, State
from digitd.service.notify import Notifier
from digitd.service.voice import Voice

log = logging.getLogger(__name__)

HEALTH_EVERY_S = 60.0
"""What stays the same is told so often; what changes, at once."""

PINGS_IN_WATCHDOG = 4
"""systemd asks for two at least (sd_watchdog_enabled(3)); a busy machine may be late."""


class Vigil:
    """Heeds each block; says something when something changes.

    systemd hears that we are ready, and from then on that we are alive, only while blocks flow and the
    canary's latest song came through. A broker that is away does not count against that: a restart would not
    bring it back.

    Args:
        liveness: What becomes of the sound.
        canary: Whether a word would be heard.
        notifier: To systemd.
        voice: To the broker.
        counters: What has been counted, for `health`.
        versions: Of what runs, for `health`.
        clock: Where times come from.

    Attributes:
        canary: As above; another model brings another one.
        versions: As above.
        echo: Whether the broker gives back what it takes.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - all that is watched, and all who are told
        self,
        liveness: Liveness,
        canary: Canary,
        notifier: Notifier,
        voice: Voice,
        counters: Callable[[], Mapping[str, Any]],
        versions: Mapping[str, str],
        clock: Clock = SYSTEM,
    ) -> None:
        self.canary = canary
        self.versions = versions
        self.echo = Echo(voice, clock)
        self._liveness = liveness
        self._notifier = notifier
        self._voice = voice
        self._counters = counters
        self._clock = clock
        self._since = clock.now()
        self._level_dbfs: float | None = None
        self._onset_dbfs: float | None = None
        self._floor_dbfs: float | None = None
        self._trouble: str | None = None
        self._ready = False
        self._pinged_at = self._told_at = -math.inf

    def heed(self, block: AudioBlock, level_dbfs: float | None, onset_dbfs: float, floor_dbfs: float) -> None:
        """Look at a block, and at what the detector made of it.

        Args:
            block: As the source gave it; empty when time passed without audio.
            level_dbfs: Mean level of the latest that could be measured; None before the first.
            onset_dbfs: How loud the beginning of a word would be.
            floor_dbfs: How loud the room is when nobody speaks.
        """
        self._level_dbfs, self._onset_dbfs, self._floor_dbfs = level_dbfs, onset_dbfs, floor_dbfs
        changed = self._heard(block) | self._sung_if_due() | self._heeded_broker()
        now = self._clock.monotonic()
        if changed or now - self._told_at >= HEALTH_EVERY_S:
            self._told_at = now
            self._voice.state("health", msgspec.json.encode(self.health()))
        self._notify(now)

    def health(self) -> dict[str, Any]:
        """Return the fields of the topic `health`, as things are now."""
        return health_fields(self.now())

    def now(self) -> Health:
        """Return how the daemon is."""
        return Health(
            state=self._liveness.state,
            reason=self._liveness.reason,
            since=self._since,
            uptime_s=seconds_since_start(),
            level_dbfs=self._level_dbfs,
            onset_dbfs=self._onset_dbfs,
            floor_dbfs=self._floor_dbfs,
            canary=self.canary.report,
            echo_ms=self.echo.took_ms,
            broker_trouble=self._trouble,
            counters=self._counters(),
            versions=self.versions,
        )

    @property
    def listening(self) -> bool:
        """Whether sound comes in."""
        return self._liveness.state is State.LISTENING

    def self_test(self) -> dict[str, Any]:
        """Let the canary sing now, and return what came of it; `health` tells it with the next block."""
        report = self._sing()
        self._told_at = -math.inf
        return canary_fields(report)

    def end(self) -> None:
        """Tell systemd that the end was asked for."""
        self._notifier.tell("STOPPING=1", "STATUS=stopping")

    def _heard(self, block: AudioBlock) -> bool:
        change = self._liveness.hear(block)
        if change is None:
            return False
        self._since = self._clock.now()
        _log_change(change)
        self._voice.microphone(online=change.state in HEARING)
        self._notifier.tell(f"STATUS={change.state}: {change.reason}")
        return True

    def _sung_if_due(self) -> bool:
        due = self.canary.due
        if due:
            self._sing()
        return due

    def _sing(self) -> CanaryReport:
        passed_before = self.canary.passed
        report = self.canary.sing()
        if report.trouble:
            log.warning("canary failed reason=%r", report.trouble)
        elif not passed_before:
            log.info("canary passed took_ms=%.1f", report.took_ms)
        return report

    def _heeded_broker(self) -> bool:
        self.echo.follow(self.canary)
        trouble = self._voice.trouble or self.echo.trouble
        if trouble == self._trouble:
            return False
        self._trouble = trouble
        if self.echo.trouble:
            log.warning("broker %s", self.echo.trouble)
        return True

    def _notify(self, now: float) -> None:
        if self._liveness.state not in FLOWING or not self.canary.passed:
            return
        if not self._ready:
            self._ready = True
            self._notifier.tell("READY=1")
        watchdog_s = self._notifier.watchdog_s
        if watchdog_s and now - self._pinged_at >= watchdog_s / PINGS_IN_WATCHDOG:
            self._pinged_at = now
            self._notifier.tell("WATCHDOG=1")


def _log_change(change: Change) -> None:
    if change.before is State.STARTING and change.state is State.LISTENING:
        log.info("listening startup_s=%.2f", seconds_since_start())
        return
    severity = logging.INFO if change.state in {State.LISTENING, State.RECOVERING} else logging.WARNING
    log.log(severity, "microphone state=%s before=%s reason=%r", change.state, change.before, change.reason)
