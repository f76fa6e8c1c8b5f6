"""Whether the microphone hears: a small state machine, fed by blocks of audio and by nothing else. Pure.

No flag of PortAudio's is asked: it says that a stream is active when the card has long been pulled out.
"""

from dataclasses import dataclass
from enum import StrEnum

from digitd.messages import AudioBlock, Float32

STALLED_AFTER_S = 1.0
"""Sound servers pause for some hundred milliseconds now and then."""

RECOVERED_AFTER_S = 1.0
"""A microphone that was lost hears again once so much has come without a pause: a loose plug gives crumbs."""

LONGEST_WAIT_S = 1.0
"""A process that was itself stopped for a minute has not waited for that minute: no wait counts for more."""


class State(StrEnum):
    """What becomes of the sound."""

    STARTING = "starting"
    LISTENING = "listening"
    SILENT = "silent"
    STALLED = "stalled"
    LOST = "lost"
    RECOVERING = "recovering"


HEARING = frozenset({State.LISTENING, State.STALLED})
"""The microphone is taken to hear: a stall of less than `lost_after_s` is none of a subscriber's business."""

FLOWING = frozenset({State.LISTENING, State.SILENT})
"""Blocks come in: the process is alive, whatever is in them."""


@dataclass(frozen=True, slots=True)
class Change:
    """The state is another one.

    Attributes:
        before: It was.
        state: It is.
        reason: Why, in words for people.
    """

    before: State
    state: State
    reason: str


class Liveness:
    """Tells from the blocks alone what becomes of the sound.

    Args:
        rate_hz: The blocks' rate.
        lost_after_s: Without any samples for so long the microphone is lost.
        silent_after_s: With one and the same value for so long it is muted or dead.

    Attributes:
        state: As of the latest block.
        reason: Why.
    """

    def __init__(self, rate_hz: int, lost_after_s: float, silent_after_s: float) -> None:
        self.state = State.STARTING
        self.reason = "no audio yet"
        self._rate_hz = rate_hz
        self._lost_after_s = lost_after_s
        self._silent_after_s = silent_after_s
        self._told_at: float | None = None
        self._waited_s = 0.0
        self._flowing_s = 0.0
        self._constant_s = 0.0
        self._value = 0.0

    def hear(self, block: AudioBlock) -> Change | None:
        """Take the next block, an empty one when time passed without audio; return a change of the state."""
        state, reason = self._after(block)
        if state is self.state:
            return None
        change = Change(self.state, state, reason)
        self.state, self.reason = state, reason
        return change

    def _after(self, block: AudioBlock) -> tuple[State, str]:
        passed_s = 0.0 if self._told_at is None else block.captured_at - self._told_at
        self._told_at = block.captured_at
        if len(block.samples):
            self._waited_s = 0.0
            return self._with(block.samples)
        self._waited_s += min(max(passed_s, 0.0), LONGEST_WAIT_S)
        self._flowing_s = 0.0
        return self._without()

    def _without(self) -> tuple[State, str]:
        if self._waited_s >= self._lost_after_s:
            return State.LOST, f"no audio for {self._lost_after_s:g} s"
        if self.state in FLOWING and self._waited_s >= STALLED_AFTER_S:
            return State.STALLED, f"no audio for {STALLED_AFTER_S:g} s"
        return self.state, self.reason

    def _with(self, samples: Float32) -> tuple[State, str]:
        length_s = len(samples) / self._rate_hz
        self._flowing_s += length_s
        self._measure_silence(samples, length_s)
        if self.state is State.LOST:
            return State.RECOVERING, "audio again"
        if self.state is State.RECOVERING and self._flowing_s < RECOVERED_AFTER_S:
            return self.state, self.reason
        if self._constant_s >= self._silent_after_s:
            return State.SILENT, (
                f"the same value for {self._silent_after_s:g} s: is the microphone muted, or dead?"
            )
        return State.LISTENING, "audio flows"

    def _measure_silence(self, samples: Float32, length_s: float) -> None:
        """Digital silence is one value again and again, zero or not; even a quiet room has some noise."""
        constant = float(samples.min()) == float(samples.max()) == self._value
        self._constant_s = self._constant_s + length_s if constant else 0.0
        self._value = float(samples[-1])
