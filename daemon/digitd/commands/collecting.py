"""Which utterances become clips, how those are called, and what is asked of them on the web page."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from digitd.clips import OTHER
from digitd.clips.album import Clip, Facts, is_label
from digitd.clips.cutter import Cutter
from digitd.clips.keeper import Keeper, Status
from digitd.clips.settings import ClipSettings, is_wanted
from digitd.clock import SYSTEM, Clock, timestamp
from digitd.commands.recogniser import Recogniser
from digitd.config import Config
from digitd.decide import Orders
from digitd.errors import DigitdError
from digitd.foreign import ForeignError, decoded
from digitd.messages import Detection, Rejection
from digitd.pipeline import Moment

log = logging.getLogger(__name__)

SECRET: Final = "a secret number may be spoken"  # noqa: S105 - it says that there is one
MUTED: Final = "muted"


class _Labelled(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody says that a clip is."""

    clip: str
    label: str


class Collector:
    """Hands on to the thread that writes what may be kept.

    While nothing may be, no sound is held either: it would be in the next clip's margin.

    Args:
        keeper: That thread.
        settings: What is wanted.
        site: Where it is listened.
        rate_hz: The rate of the audio.
        clock: Where times come from.
    """

    def __init__(
        self, keeper: Keeper, settings: ClipSettings, site: str, rate_hz: int, clock: Clock = SYSTEM
    ) -> None:
        self._keeper = keeper
        self._settings = settings
        self._site = site
        self._cutter = Cutter(rate_hz)
        self._clock = clock
        self._stopped_by: str | None = None
        self._seen: tuple[Status, str | None] | None = None

    def take(self, moment: Moment, recogniser: Recogniser, stopped_by: str | None) -> list[str | None]:
        """Keep what was said, as far as it is wanted.

        Args:
            moment: The latest.
            recogniser: Who listened.
            stopped_by: Why nothing may be kept; None where it may.

        Returns:
            For each verdict of the moment the clip's name, None where there will be none.
        """
        self._tell(stopped_by)
        block = moment.heard.block
        if stopped_by:
            self._cutter.forget(block.end)
            return [None] * len(moment.verdicts)
        self._cutter.feed(block)
        onsets = [verdict.utterance.onset for verdict in moment.verdicts]
        untils = [*onsets[1:], block.end]
        names = [
            self._kept(verdict, until, block.end, recogniser)
            for verdict, until in zip(moment.verdicts, untils, strict=False)
        ]
        self._cutter.settle(moment.heard.settled)
        return names

    def do(self, topic: str, payload: str, keywords: Sequence[str]) -> None:
        """Do what is asked of clips on the web page.

        Raises:
            DigitdError: It cannot be done; nothing has changed.
        """
        match topic:
            case "clips/label":
                self._label(payload, keywords)
            case "clips/forget":
                self._keeper.forget(payload or None)
            case _:
                raise DigitdError(f"nothing is known of {topic!r}")

    def has_news(self) -> bool:
        """Say whether `shown` has something else to tell since this was last asked."""
        seen, self._seen = self._seen, (self._keeper.status, self._stopped_by)
        return seen is None or seen[0] is not self._seen[0] or seen[1] != self._seen[1]

    def shown(self, keywords: Sequence[str]) -> dict[str, Any]:
        """Say how the clips are, as the web page shows it, and what they can be."""
        status = self._keeper.status
        return {
            "kept": status.kept,
            "labelled": status.labelled,
            "mb": round(status.size / 1e6, 2),
            "most": self._settings.most,
            "most_mb": self._settings.most_mb,
            "only_doubtful": self._settings.only_doubtful,
            "recent": status.recent,
            "lost": self._keeper.late + self._keeper.failed,
            "trouble": self._stopped_by or status.trouble,
            "labels": [label for label in (*keywords, OTHER) if is_label(label, keywords)],
        }

    def _kept(
        self, verdict: Detection | Rejection, until: int, end: int, recogniser: Recogniser
    ) -> str | None:
        """Cut an utterance out; it is left to the keeper if it is wanted."""
        cut = self._cutter.cut(verdict.utterance, until)
        if cut is None or not is_wanted(verdict, self._settings, recogniser.keywords):
            return None
        start, samples = cut
        age_s = (end - verdict.utterance.onset) / recogniser.rate_hz
        at = self._clock.now() - timedelta(seconds=age_s)
        clip = Clip(_name(at), samples, recogniser.rate_hz, self._facts(verdict, start, at, recogniser))
        self._keeper.keep(clip)
        return clip.name

    def _facts(
        self, verdict: Detection | Rejection, start: int, at: datetime, recogniser: Recogniser
    ) -> Facts:
        score, utterance, rate_hz = verdict.score, verdict.utterance, recogniser.rate_hz
        label = score.label if score else None
        return Facts(
            at=timestamp(at),
            site=self._site,
            heard=label,
            accepted=isinstance(verdict, Detection),
            reason=str(verdict.reason) if isinstance(verdict, Rejection) else None,
            needed=recogniser.thresholds.get(label) if label else None,
            scores={name: round(float(value), 4) for name, value in score.probabilities.items()}
            if score
            else {},
            onset_s=round((utterance.onset - start) / rate_hz, 3),
            offset_s=round((utterance.offset - start) / rate_hz, 3),
            model=recogniser.title,
        )

    def _label(self, payload: str, keywords: Sequence[str]) -> None:
        try:
            said = decoded(payload, _Labelled)
        except ForeignError as error:
            raise DigitdError(f"clips/label: {error}") from error
        if not is_label(said.label, keywords):
            raise DigitdError(f"no clip can be {said.label!r}: there are {', '.join(keywords)}")
        self._keeper.label(said.clip, said.label)

    def _tell(self, stopped_by: str | None) -> None:
        """Say once that nothing is kept; who mutes the daemon knows."""
        if stopped_by == SECRET != self._stopped_by:
            log.warning("no clips are kept reason=%r", SECRET)
        self._stopped_by = stopped_by


def stopped_by(config: Config, orders: Orders) -> str | None:
    """Say why nothing of what is said may be kept; None where it may."""
    if config.numbers.secret:
        return SECRET
    return MUTED if orders.muted else None


def _name(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}"
