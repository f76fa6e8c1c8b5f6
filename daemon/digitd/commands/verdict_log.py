"""One line of the log for each utterance and each number."""

import logging
import time
from datetime import timedelta
from typing import Final

from digitd.commands.told_numbers import heard
from digitd.messages import Detection, NumberRejection, Rejection, SpokenNumber

log = logging.getLogger(__name__)

HIDDEN: Final = "*"
"""Stands for a digit that nobody must know."""


def log_verdict(verdict: Detection | Rejection, name: str | None) -> None:
    """Tell what became of an utterance.

    Args:
        verdict: Of the utterance.
        name: What it is called here; None where it was not asked what it is.
    """
    if isinstance(verdict, Detection):
        _log_detection(verdict, name)
        return
    log.debug(
        "ignored reason=%r level_dbfs=%.1f floor_dbfs=%.1f label=%s confidence=%.2f",
        *(str(verdict.reason), verdict.utterance.level_dbfs, verdict.utterance.floor_dbfs),
        *(name, verdict.score.probability if verdict.score else 0.0),
    )


def _log_detection(detection: Detection, name: str | None) -> None:
    log.info(
        "heard keyword=%s confidence=%.2f duration_ms=%d latency_ms=%d",
        *(name, detection.score.probability),
        (detection.offset_at - detection.onset_at) / timedelta(milliseconds=1),
        1000 * (time.monotonic() - detection.offset_monotonic),
    )


def log_number(number: SpokenNumber | NumberRejection) -> None:
    """Tell what became of digits in a row."""
    if isinstance(number, NumberRejection):
        parts = HIDDEN if number.secret else heard(number)
        log.info("number rejected reason=%r heard=%r grammar=%s", str(number.reason), parts, number.grammar)
        return
    log.info(
        "number value=%s digits=%d confidence=%.2f latency_ms=%d grammar=%s",
        *(HIDDEN * len(number.digits) if number.secret else number.text, len(number.digits)),
        *(number.confidence, 1000 * (time.monotonic() - number.digits[-1].offset_monotonic), number.grammar),
    )
