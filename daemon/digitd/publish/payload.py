"""What a subscriber sees. Pure; any change here is a change of what automations rely on."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import msgspec

from digitd.clock import timestamp
from digitd.messages import Detection, Score

SCHEMA = 1
"""Version of the `event` payload; goes up when a field changes its meaning or goes away."""

JSON = "application/json"


class Elsewhere(str):
    """A topic in full, as it is not below ours; any other is below `<base>/<site>/`."""

    __slots__ = ()


def in_full(topic: str, prefix: str) -> str:
    """Return a topic as the broker knows it, given `<base>/<site>`."""
    return topic if isinstance(topic, Elsewhere) else f"{prefix}/{topic}"


ON_THE_WAY_S: Final = 1.0
"""Nothing is sent so shortly before it expires: MQTT 5 counts whole seconds, and mosquitto rounds up."""


@dataclass(frozen=True, slots=True)
class Source:
    """Who speaks, and for how long it counts.

    Attributes:
        site: The place that is listened to, such as `kitchen`.
        model: Name and version of the model in use.
        expires_s: A detection is worth acting on for so many seconds after its offset.
    """

    site: str
    model: str
    expires_s: float


@dataclass(frozen=True, slots=True)
class Message:
    """One publication, always at QoS 1.

    Attributes:
        topic: Below `<base>/<site>/`, or `Elsewhere`.
        payload: UTF-8 text.
        expires: `time.monotonic()` in seconds from which on it must not be sent any more.
        retain: The broker hands it to later subscribers too.
        identifier: The same for all that is said of one detection, and told beside the payload where the
            protocol allows: by it a subscriber knows a duplicate, even of a payload that is a digit alone.
        content_type: Told beside the payload in the same way, empty where it says nothing.
    """

    topic: str
    payload: bytes
    expires: float = math.inf
    retain: bool = False
    identifier: str = ""
    content_type: str = ""


def detection_messages(
    detection: Detection, source: Source, identifier: str, now: float
) -> tuple[Message, ...]:
    """Return what is published when a keyword was heard.

    `last` is held to the same time to live as the others: a live subscriber cannot tell a late retained
    message from a fresh one. `event` goes first: it alone tells until when it counts, and the first message
    is the one that a broker that had hung may still pass on.

    Args:
        detection: What was heard.
        source: Who says so.
        identifier: Unique for each detection; a subscriber can drop a duplicate by it.
        now: `time.monotonic()` in seconds; the latency counts from the offset to here.
    """
    event = msgspec.json.encode(event_fields(detection, source, identifier, now))
    expires = sent_until(detection, source)
    return (
        Message("event", event, expires, identifier=identifier, content_type=JSON),
        Message("keyword", detection.keyword.encode(), expires, identifier=identifier),
        Message("last", event, expires, retain=True, identifier=identifier, content_type=JSON),
    )


def sent_until(detection: Detection, source: Source) -> float:
    """Return the `time.monotonic()` in seconds until which what is said of a detection may be sent."""
    return detection.offset_monotonic + source.expires_s - ON_THE_WAY_S


def event_fields(detection: Detection, source: Source, identifier: str, now: float) -> dict[str, object]:
    """Return the fields of an `event`, schema 1, in their published order; arguments as above."""
    return {
        "schema": SCHEMA,
        "id": identifier,
        "site": source.site,
        "keyword": detection.keyword,
        "confidence": rounded(detection.score.probabilities[detection.keyword]),
        "scores": _likeliest_first(detection.score),
        "onset": timestamp(detection.onset_at),
        "offset": timestamp(detection.offset_at),
        "duration_ms": round((detection.offset_at - detection.onset_at) / timedelta(milliseconds=1)),
        "latency_ms": round(1000 * (now - detection.offset_monotonic)),
        "model": source.model,
        "expires": timestamp(detection.offset_at + timedelta(seconds=source.expires_s)),
    }


def _likeliest_first(score: Score) -> dict[str, float]:
    ranked = sorted(score.probabilities.items(), key=lambda item: item[1], reverse=True)
    return {label: rounded(probability) for label, probability in ranked}


def rounded(probability: float) -> float:
    """Return a posterior as payloads have it."""
    return round(float(probability), 3)  # np.float64 is a float too, but not to msgspec
