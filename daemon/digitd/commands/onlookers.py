"""Whoever looks on: what they are shown of each moment, and what comes of what they ask for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import zip_longest
from typing import Any, Final

from digitd.clock import SYSTEM, Clock
from digitd.commands.recogniser import Recogniser
from digitd.commands.told_numbers import heard, live
from digitd.errors import DigitdError
from digitd.messages import Detection, Rejection, SpokenNumber
from digitd.monitor.tap import Answer, Question, Seen, Sound, Spelled, Tap
from digitd.numbers import Number
from digitd.pipeline import Heard, Moment

HEALTH_EVERY_S: Final = 1.0


class Onlookers:
    """Leaves at the tap what page and terminals show, and does what is asked there.

    Nothing is computed here that the monitor's thread can compute.

    Args:
        tap: To that thread.
        do: Does what is asked for, given topic and payload, and returns the answer.
        health: Tells how the daemon is.
        clock: Where times come from.
    """

    def __init__(
        self,
        tap: Tap,
        do: Callable[[str, str], Any],
        health: Callable[[], Mapping[str, Any]],
        clock: Clock = SYSTEM,
    ) -> None:
        self._tap = tap
        self._do = do
        self._health = health
        self._clock = clock
        self._told_at = -math.inf

    def tell(self, state: Mapping[str, Any]) -> None:
        """Show what is set now."""
        self._tap.state = state

    def show(
        self, moment: Moment, recogniser: Recogniser, hidden: str | None, clips: Sequence[str | None] = ()
    ) -> None:
        """Show what was heard, and do what was asked.

        Args:
            moment: The latest.
            recogniser: Who listened.
            hidden: What every utterance is called where any may belong to a secret; else None.
            clips: What the clip of each utterance is called.
        """
        for verdict, clip in zip_longest(moment.verdicts, clips):
            seen = self._seen(verdict, moment.heard, recogniser, hidden)
            self._tap.leave_utterance(replace(seen, clip=clip))
        for number in moment.numbers:
            if not number.secret:
                self._tap.leave_number(_spelled(number))
        if self._tap.watched:
            self._show_sound(moment.heard, shown=hidden is None)
            self._show_health()
        for question in self._tap.questions():
            self._tap.answer(self._answer(question))

    def _seen(
        self, verdict: Detection | Rejection, heard: Heard, recogniser: Recogniser, hidden: str | None
    ) -> Seen:
        label = verdict.score.label if verdict.score else None
        needed = recogniser.thresholds.get(label) if label else None
        age_s = (heard.block.end - verdict.utterance.offset) / recogniser.rate_hz
        return Seen(
            verdict=verdict,
            name=hidden or label,
            shown=hidden is None,
            at=self._clock.now() - timedelta(seconds=age_s),
            needed=None if hidden else needed,  # each keyword has its own, which would nearly name it
            features=recogniser.cascade.card.features,
        )

    def _show_sound(self, heard: Heard, *, shown: bool) -> None:
        block = heard.block
        if len(block.samples):
            levels = heard.onset_dbfs, heard.floor_dbfs
            self._tap.leave_sound(Sound(block.start, block.end, heard.conditioned, *levels, shown))

    def _show_health(self) -> None:
        if self._clock.monotonic() - self._told_at >= HEALTH_EVERY_S:
            self._told_at = self._clock.monotonic()
            self._tap.health = self._health()

    def _answer(self, question: Question) -> Answer:
        try:
            return Answer(question, self._do(question.topic, question.payload))
        except DigitdError as error:
            return Answer(question, None, str(error))


def _spelled(number: Number) -> Spelled:
    """Say what the page shows of a number that is no secret."""
    if isinstance(number, SpokenNumber):
        last = number.digits[-1]
        return Spelled(last.offset_at, live(number), number.text, number.grammar, number.confidence)
    last = [part for part in number.parts if isinstance(part, Detection)][-1]
    return Spelled(last.offset_at, live(number), heard(number), number.grammar, reason=str(number.reason))
