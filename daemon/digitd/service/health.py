"""How the daemon is, as the topic `health` tells it. Pure.

Schema 1; a field may be added, none changes its meaning without a new schema.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digitd.clock import timestamp
from digitd.messages import Song

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class CanaryReport:
    """The canary's latest song.

    Attributes:
        at: When, UTC.
        song: What came of it; None where it was not one utterance.
        took_ms: How long the pipeline took.
        trouble: What is wrong with it; None when all is well.
    """

    at: datetime
    song: Song | None
    took_ms: float
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Health:
    """All that is told.

    Attributes:
        state: What becomes of the sound.
        reason: Why.
        since: Since when, UTC.
        uptime_s: How long the process has existed.
        level_dbfs: Mean level of the latest block of audio; None before the first.
        onset_dbfs: A window louder than this may be the beginning of a word, as the room is now.
        floor_dbfs: The noise floor: how loud the room is when nobody speaks.
        canary: Its latest song; None before the first.
        echo_ms: How long the broker took to give that song back; None while it has not.
        broker_trouble: Why the broker does not take what we say; None when it does.
        counters: By name, since the start.
        versions: By name.
    """

    state: str
    reason: str
    since: datetime
    uptime_s: float
    level_dbfs: float | None
    onset_dbfs: float | None
    floor_dbfs: float | None
    canary: CanaryReport | None
    echo_ms: float | None
    broker_trouble: str | None
    counters: Mapping[str, Any]
    versions: Mapping[str, str]


def health_fields(health: Health) -> dict[str, Any]:
    """Return the fields of the topic, in their published order."""
    return {
        "schema": SCHEMA,
        "state": health.state,
        "reason": health.reason,
        "since": timestamp(health.since),
        "uptime_s": round(health.uptime_s),
        "level_dbfs": _rounded(health.level_dbfs),
        "onset_dbfs": _rounded(health.onset_dbfs),
        "floor_dbfs": _rounded(health.floor_dbfs),
        "canary": canary_fields(health.canary) if health.canary else None,
        "broker": {
            "trouble": health.broker_trouble,
            "echo_ms": _rounded(health.echo_ms),
        },
        "counters": health.counters,
        "versions": health.versions,
    }


def canary_fields(report: CanaryReport) -> dict[str, Any]:
    """Return what is told of a song, here and on the topic `canary`."""
    song = report.song
    return {
        "ok": report.trouble is None,
        "trouble": report.trouble,
        "at": timestamp(report.at),
        "label": song.label if song else None,
        "confidence": round(song.confidence, 3) if song else None,
        "took_ms": round(report.took_ms, 1),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
