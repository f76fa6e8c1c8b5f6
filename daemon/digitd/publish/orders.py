"""What is asked of us over MQTT, understood or refused. Pure."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from digitd.errors import DigitdError
from digitd.foreign import ForeignError, decoded

TOPICS: Final = ("mute/set", "threshold/set", "threshold/+/set", "request/+")
LEAST, GREATEST = 0.5, 0.999
UNSET: Final = "None"
"""Home Assistant's word for a number that has no value: the model's own thresholds hold."""

LONGEST: Final = 100
"""Characters of a topic: the answer's is longer by one, and MQTT's may have 65,535 bytes."""


class OrderError(DigitdError):
    """Something was asked that cannot be done; its text says what can.

    Attributes:
        topic: Where the answer belongs, below `response/`.
        transaction: As the request named it.
    """

    def __init__(self, text: str, topic: str, transaction: str | int | None = None) -> None:
        super().__init__(text)
        self.topic = topic
        self.transaction = transaction


@dataclass(frozen=True, slots=True)
class Mute:
    """Listen no more, or again."""

    muted: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """Set the least posterior to act on.

    Attributes:
        keyword: Of this one; None for all.
        value: The posterior; None for what configuration and model say.
    """

    keyword: str | None
    value: float | None


@dataclass(frozen=True, slots=True)
class Request:
    """Something to be answered.

    Attributes:
        verb: What.
        transaction: Whatever the asker knows its answer by.
    """

    verb: str
    transaction: str | int | None = None


Order: TypeAlias = Mute | Threshold | Request


class _Body(msgspec.Struct):
    transaction: str | int | None = None


def understood(topic: str, payload: bytes, keywords: tuple[str, ...]) -> Order:
    """Read what came on one of `TOPICS`.

    Args:
        topic: Below `<base>/<site>/`.
        payload: As it came.
        keywords: Those that have a threshold.

    Raises:
        OrderError: It is none of ours.
    """
    if len(topic) > LONGEST:
        raise OrderError(f"nothing is known of {topic[:LONGEST]!r}...", "unknown")
    match topic.split("/"):
        case ["mute", "set"]:
            return Mute(_on_or_off(payload))
        case ["threshold", "set"]:
            return Threshold(None, _posterior(payload))
        case ["threshold", keyword, "set"] if keyword in keywords:
            return Threshold(keyword, _posterior(payload))
        case ["threshold", keyword, "set"]:
            raise OrderError(f"no keyword {keyword!r}: there are {', '.join(keywords)}", "threshold")
        case ["request", verb]:
            return _request(verb, payload)
        case _:
            raise OrderError(f"nothing is known of {topic!r}", "unknown")


def _on_or_off(payload: bytes) -> bool:
    if payload not in {b"ON", b"OFF"}:
        raise OrderError("must be ON or OFF", "mute")
    return payload == b"ON"


def _posterior(payload: bytes) -> float | None:
    if payload == UNSET.encode():
        return None
    try:
        value = float(payload)
    except ValueError:
        value = 0.0
    if not LEAST <= value <= GREATEST:
        raise OrderError(f"must be a number from {LEAST} to {GREATEST}, or {UNSET}", "threshold")
    return value


def _request(verb: str, payload: bytes) -> Request:
    try:
        body = decoded(payload or b"{}", _Body)
    except ForeignError as error:
        raise OrderError(f'must be a JSON object such as {{"transaction": "1"}}: {error}', verb) from error
    return Request(verb, body.transaction)
