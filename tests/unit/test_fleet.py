"""What the retained topics of all daemons come to, as a table."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.commands.fleet import HEAD, jsonl, table
from digitd.publish.fleet import STATES, Fleet, Room

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
HEALTH = {
    "state": "listening",
    "reason": "audio flows",
    "since": "2026-11-26T10:00:00.000Z",
    "level_dbfs": -51.4,
}


def heard(**states: bytes) -> Room:
    fleet = Fleet("digitd")
    for state, payload in states.items():
        fleet.hear(f"digitd/kitchen/{state}", payload)
    (room,) = fleet.rooms
    return room


def test_a_room_is_put_together_from_its_topics() -> None:
    room = heard(
        availability=b"online",
        microphone=b"online",
        health=json.dumps(HEALTH).encode(),
        info=b'{"versions": {"digitd": "0.1.0", "model": "digits-1"}}',
        last=b'{"keyword": "7", "offset": "2026-11-26T11:59:50.000Z"}',
    )

    told = table([room], NOON)[1].split()
    assert " ".join(told) == "kitchen online online listening 2 h 7 10 s -51 dBFS 0.1.0 digits-1"


def test_what_is_wrong_stands_below_its_room() -> None:
    health = HEALTH | {
        "state": "silent",
        "reason": "the same value for 60 s",
        "canary": {"trouble": "too slow"},
        "broker": {"trouble": None},
    }

    lines = table([heard(health=json.dumps(health).encode())], NOON)

    assert lines[2].strip() == "! the same value for 60 s; too slow"


def test_rooms_are_listed_by_name() -> None:
    fleet = Fleet("home/digitd")
    for site in ("kitchen", "bath"):
        fleet.hear(f"home/digitd/{site}/availability", b"offline")

    assert [(room.site, room.availability) for room in fleet.rooms] == [
        ("bath", "offline"),
        ("kitchen", "offline"),
    ]


def test_without_a_daemon_there_is_only_the_head() -> None:
    assert table([], NOON) == ["  ".join(HEAD)]


def test_a_room_is_json_too() -> None:
    assert json.loads(jsonl(Room("kitchen", level_dbfs=-50.0)))["level_dbfs"] == -50.0


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b"7", b"\xff", b'{"state": 7}', b'{"x": ' + b"[" * 9999]
)
def test_what_is_not_understood_changes_nothing(payload: bytes) -> None:
    known = heard(availability=b"online", health=json.dumps(HEALTH).encode())

    assert heard(availability=b"online", health=json.dumps(HEALTH).encode(), info=payload) == known


@given(state=st.sampled_from(STATES), payload=st.binary(max_size=60))
def test_whatever_somebody_publishes_there_can_be_told(state: str, payload: bytes) -> None:
    fleet = Fleet("digitd")

    fleet.hear(f"digitd/kitchen/{state}", payload)

    assert all(line.isprintable() for line in table(fleet.rooms, NOON))
