"""Every daemon on the broker: what it hears, what it heard last, and what is wrong with it."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Final

import msgspec
from paho.mqtt.client import Client, MQTTMessage

from digitd.config import Config
from digitd.publish.client import PROTOCOLS, client_factory
from digitd.publish.fleet import Fleet, Room
from digitd.publish.probe import protocol_spoken
from digitd.publish.settings import MqttSettings

QUIET_S: Final = 0.5
"""Retained messages come at once; after so much quiet there are no more."""

REFRESH_S: Final = 1.0
HEAD: Final = ("room", "daemon", "microphone", "hears", "since", "last", "said", "level", "version", "model")


def fleet(config: Config) -> Iterator[list[Room]]:
    """Yield every daemon that the broker knows of, and again when something has changed; never ends.

    Raises:
        UnavailableError: The broker is not there, or does not let us in.
    """
    known = Fleet(config.mqtt.base)
    with _messages(config.mqtt, known.topics) as messages:
        _heard(known, messages, QUIET_S)
        yield known.rooms
        while True:
            if _heard(known, messages, REFRESH_S):
                yield known.rooms


def table(rooms: Sequence[Room], now: datetime) -> list[str]:
    """Return the rooms as lines of text, the head first; what is wrong comes below its room."""
    rows = [HEAD, *(_row(room, now) for room in rooms)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = []
    for row, room in zip(rows, [None, *rooms], strict=True):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if room and room.trouble:
            lines.append(f"{'':{widths[0]}}  ! {room.trouble}")
    return lines


def jsonl(room: Room) -> str:
    """Return a room as one JSON object."""
    return msgspec.json.encode({field.name: getattr(room, field.name) for field in fields(Room)}).decode()


def _row(room: Room, now: datetime) -> tuple[str, ...]:
    level = "" if room.level_dbfs is None else f"{room.level_dbfs:.0f} dBFS"
    return (
        *(room.site, room.availability, room.microphone, room.state, _ago(room.since, now)),
        *(room.last, _ago(room.last_at, now), level, room.version, room.model),
    )


def _ago(instant: str, now: datetime) -> str:
    """Say how long ago something was, in the unit that a person would take."""
    try:
        passed_s = (now - datetime.fromisoformat(instant)).total_seconds()
    except (TypeError, ValueError):  # none, without its zone, or somebody else's
        return ""
    for unit, length_s in (("d", 86_400), ("h", 3600), ("min", 60)):
        if passed_s >= length_s:
            return f"{passed_s / length_s:.0f} {unit}"
    return f"{max(passed_s, 0):.0f} s"


def _heard(rooms: Fleet, messages: SimpleQueue[MQTTMessage], quiet_s: float) -> bool:
    """Take messages until none comes for so long, but no longer than a refresh; return whether any came."""
    over_at, any_came = time.monotonic() + REFRESH_S, False
    while (left_s := min(quiet_s, over_at - time.monotonic())) > 0:
        try:
            message = messages.get(timeout=left_s)
        except Empty:
            break
        any_came = True
        rooms.hear(message.topic, bytes(message.payload))
    return any_came


@contextmanager
def _messages(settings: MqttSettings, topics: Sequence[str]) -> Iterator[SimpleQueue[MQTTMessage]]:
    """Subscribe as long as the block lasts."""
    came: SimpleQueue[MQTTMessage] = SimpleQueue()
    version = PROTOCOLS[protocol_spoken(settings)]
    client = client_factory(settings, f"digitd-fleet-{os.getpid()}")(version)

    def subscribe(connected: Client, *_: object) -> None:
        connected.subscribe([(topic, 1) for topic in topics])

    client.on_connect = subscribe
    client.on_message = lambda _client, _userdata, message: came.put(message)
    client.connect_async(settings.host, settings.port)
    client.loop_start()
    try:
        yield came
    finally:
        client.disconnect()
        client.loop_stop()
