"""What became of the utterances and the samples, counted."""

import logging
from collections import Counter
from typing import Any

from digitd.messages import AudioBlock, Detection, NumberRejection, Rejection, SpokenNumber

log = logging.getLogger(__name__)

TOLD_EVERY_S = 3600.0
"""What is not acted on is told once an hour: a television gives thousands a day."""


class Tally:
    """Counts since the start, and what was not acted on since it was last told.

    Args:
        rate_hz: The blocks' rate.

    Attributes:
        heard: Detections, by keyword.
        ignored: Utterances that were not acted on, by reason.
        numbers: Numbers that were said, by the name of their form; `any` where none was asked for.
        numbers_rejected: Digits said in a row that do not count as a number, by reason.
        blocks: Runs of samples that came in.
        gaps: How often samples are missing in the stream, the times that the microphone was lost included.
        overflows: How often of these there was no pause: they came too fast for us, or for PortAudio.
        missing_s: How much is missing.
    """

    def __init__(self, rate_hz: int) -> None:
        self.heard: Counter[str] = Counter()
        self.ignored: Counter[str] = Counter()
        self.numbers: Counter[str] = Counter()
        self.numbers_rejected: Counter[str] = Counter()
        self.blocks = 0
        self.gaps = 0
        self.overflows = 0
        self.missing_s = 0.0
        self._rate_hz = rate_hz
        self._end = 0
        self._paused = False
        self._told: Counter[str] = Counter()
        self._told_at: float | None = None

    def block(self, block: AudioBlock) -> None:
        """Count a block and the gap before it, and tell what was ignored when an hour is over."""
        self._count(block)
        if self._told_at is None:
            self._told_at = block.captured_at
        if block.captured_at - self._told_at >= TOLD_EVERY_S:
            self._told_at = block.captured_at
            self.tell()

    def verdict(self, verdict: Detection | Rejection, known_as: str | None = None) -> None:
        """Count an utterance; a keyword that nobody must know, under another name."""
        if isinstance(verdict, Detection):
            self.heard[known_as or verdict.keyword] += 1
            return
        self.ignored[str(verdict.reason)] += 1

    def number(self, number: SpokenNumber | NumberRejection) -> None:
        """Count a number, or what was to be one."""
        if isinstance(number, NumberRejection):
            self.numbers_rejected[str(number.reason)] += 1
            return
        self.numbers[number.grammar or "any"] += 1

    def tell(self) -> None:
        """Log what was ignored since the last time, if anything was."""
        since = self.ignored - self._told
        self._told = self.ignored.copy()
        if since:
            reasons = ", ".join(f"{count} {reason}" for reason, count in since.most_common())
            log.info("ignored utterances=%d reasons=%r", since.total(), reasons)

    def counters(self) -> dict[str, Any]:
        """Return all counts by name, as `health` has them."""
        return {
            "heard": dict(self.heard),
            "ignored": dict(self.ignored),
            "numbers": dict(self.numbers),
            "numbers_rejected": dict(self.numbers_rejected),
            "blocks": self.blocks,
            "gaps": self.gaps,
            "overflows": self.overflows,
            "missing_s": round(self.missing_s, 2),
        }

    def _count(self, block: AudioBlock) -> None:
        if block.start > self._end:
            self.gaps += 1
            self.overflows += not self._paused
            self.missing_s += (block.start - self._end) / self._rate_hz
        self._end = block.end
        self._paused = not len(block.samples)
        self.blocks += not self._paused
