"""All daemons on a broker, as their retained topics tell of them. Pure and wary: anybody may publish."""

from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from digitd.foreign import ForeignError, decoded

STATES: Final = ("availability", "microphone", "health", "info", "last")
"""Topics below `<base>/<site>/` that are retained and looked at here."""

LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Room:
    """One daemon.

    Attributes:
        site: Its place.
        availability: `online` or `offline`; empty while it has not said.
        microphone: The same.
        state: What becomes of the sound there, and since when.
        since: UTC, as it tells.
        trouble: What is wrong, in its words; empty for nothing.
        last: The latest keyword, and when it was said, UTC.
        last_at: As above.
        level_dbfs: How loud it is there; None where it has not said.
        version: Of digitd.
        model: Name, version and digest.
    """

    site: str
    availability: str = ""
    microphone: str = ""
    state: str = ""
    since: str = ""
    trouble: str = ""
    last: str = ""
    last_at: str = ""
    level_dbfs: float | None = None
    version: str = ""
    model: str = ""


class _Canary(msgspec.Struct):
    trouble: str | None = None


class _Broker(msgspec.Struct):
    trouble: str | None = None


class _Health(msgspec.Struct):
    state: str
    reason: str
    since: str
    level_dbfs: float | None = None
    canary: _Canary | None = None
    broker: _Broker | None = None


class _Info(msgspec.Struct):
    versions: dict[str, str]


class _Last(msgspec.Struct):
    keyword: str
    offset: str


class Fleet:
    """Rooms by site, as far as they have been heard of.

    Args:
        base: All topics are below it.
    """

    def __init__(self, base: str) -> None:
        self._base = base
        self._rooms: dict[str, Room] = {}

    @property
    def topics(self) -> list[str]:
        """What to subscribe to."""
        return [f"{self._base}/+/{state}" for state in STATES]

    @property
    def rooms(self) -> list[Room]:
        """All of them, by site."""
        return sorted(self._rooms.values(), key=lambda room: room.site)

    def hear(self, topic: str, payload: bytes) -> None:
        """Take a message on one of the topics; one that is not understood changes nothing."""
        site, _, state = topic.removeprefix(f"{self._base}/").rpartition("/")
        try:
            told = _told(state, payload)
        except (ForeignError, UnicodeDecodeError):  # the latter for a word that is no JSON
            return
        fit: dict[str, Any] = {
            key: _fit(value) if isinstance(value, str) else value for key, value in told.items()
        }
        self._rooms[site] = replace(self._rooms.get(site, Room(_fit(site))), **fit)


def _fit(text: str) -> str:
    """Leave what fits into a line of a terminal, and commands to it none."""
    return "".join(filter(str.isprintable, text))[:LONGEST]


def _told(state: str, payload: bytes) -> dict[str, Any]:
    match state:
        case "health":
            health = decoded(payload, _Health)
            canary = health.canary.trouble if health.canary else None
            broker = health.broker.trouble if health.broker else None
            silent = health.reason if health.state not in {"listening", "starting"} else None
            troubles = filter(None, [silent, canary, broker])
            return {
                "state": health.state,
                "since": health.since,
                "trouble": "; ".join(troubles),
                "level_dbfs": health.level_dbfs,
            }
        case "info":
            versions = decoded(payload, _Info).versions
            return {"version": versions.get("digitd", ""), "model": versions.get("model", "")}
        case "last":
            last = decoded(payload, _Last)
            return {"last": last.keyword, "last_at": last.offset}
        case _:
            return {state: payload.decode()}
