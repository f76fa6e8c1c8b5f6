"""What a subscriber sees of numbers. Pure; any change here is a change of what automations rely on."""

from datetime import timedelta

import msgspec

from digitd.clock import timestamp
from digitd.messages import Detection, NumberRejection, Rejection, SpokenNumber
from digitd.publish.payload import JSON, Message, Source, rounded, sent_until

SCHEMA = 1
"""Version of `number` and of the topics below it; goes up when a field changes its meaning or goes away."""


def number_message(
    number: SpokenNumber | NumberRejection, source: Source, identifier: str, now: float
) -> Message:
    """Return what is published of a number, or of what was to be one. Nothing of it is retained.

    A secret has a topic of its own, which the broker can keep from whom it does not concern.

    Args:
        number: What was said.
        source: Who says so.
        identifier: Unique for each number; a subscriber can drop a duplicate by it.
        now: `time.monotonic()` in seconds; the latency counts from the last offset to here.
    """
    fields = number_fields(number, source, identifier, now)
    return Message(
        _topic(number),
        msgspec.json.encode(fields),
        sent_until(_last(number), source),
        identifier=identifier,
        content_type=JSON,
    )


def number_fields(
    number: SpokenNumber | NumberRejection, source: Source, identifier: str, now: float
) -> dict[str, object]:
    """Return the fields, schema 1, in their published order; arguments as above."""
    first, last = _detections(number)[0], _last(number)
    return {
        "schema": SCHEMA,
        "id": identifier,
        "site": source.site,
        **(_said(number) if isinstance(number, SpokenNumber) else _heard(number)),
        "grammar": number.grammar,
        "onset": timestamp(first.onset_at),
        "offset": timestamp(last.offset_at),
        "latency_ms": round(1000 * (now - last.offset_monotonic)),
        "model": source.model,
        "expires": timestamp(last.offset_at + timedelta(seconds=source.expires_s)),
    }


def _topic(number: SpokenNumber | NumberRejection) -> str:
    if isinstance(number, NumberRejection):
        return "number/rejected"
    return "number/secret" if number.secret else "number"


def _said(number: SpokenNumber) -> dict[str, object]:
    return {
        "number": number.text,
        "value": int(number.text),
        "confidence": rounded(number.confidence),
        "digits": [_digit(digit) for digit in number.digits],
    }


def _digit(digit: Detection) -> dict[str, object]:
    return {
        "keyword": digit.keyword,
        "confidence": rounded(digit.score.probability),
        "onset": timestamp(digit.onset_at),
        "offset": timestamp(digit.offset_at),
    }


def _heard(rejection: NumberRejection) -> dict[str, object]:
    """Say what was heard, unless it may be a secret."""
    heard = None if rejection.secret else [_part(part) for part in rejection.parts]
    return {"reason": str(rejection.reason), "heard": heard}


def _part(part: Detection | Rejection) -> dict[str, object]:
    """Say what the model made of a part, and why that was not enough."""
    return {
        "keyword": part.score.label if part.score else None,
        "confidence": rounded(part.score.probability) if part.score else None,
        "reason": str(part.reason) if isinstance(part, Rejection) else None,
    }


def _detections(number: SpokenNumber | NumberRejection) -> list[Detection]:
    parts = number.digits if isinstance(number, SpokenNumber) else number.parts
    return [part for part in parts if isinstance(part, Detection)]


def _last(number: SpokenNumber | NumberRejection) -> Detection:
    return _detections(number)[-1]
