"""What automations rely on. A change here is a change of the contract, with a word in CHANGELOG."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.messages import Detection, Score, Utterance
from digitd.publish.payload import Source, detection_messages, event_fields

KITCHEN = Source(site="kitchen", model="digits-1.0.0+ab12cd34", expires_s=5.0)
OFFSET_AT = datetime(2026, 11, 22, 15, 4, 5, 545_000, UTC)
UTTERANCE = Utterance(0, np.zeros(3376, np.float32), 0, 3376, level_dbfs=-30.0, floor_dbfs=-60.0)
SEVEN = Detection(
    keyword="7",
    score=Score({"1": 0.00904, "7": 0.98149, "_other": 0.00947}),
    utterance=UTTERANCE,
    onset_at=OFFSET_AT - timedelta(milliseconds=422),
    offset_at=OFFSET_AT,
    offset_monotonic=1000.0,
)


def test_an_event_of_schema_1_looks_like_this() -> None:
    now = SEVEN.offset_monotonic + 0.1412

    event = event_fields(SEVEN, KITCHEN, "5f3b", now)

    assert list(event.items()) == [
        ("schema", 1),
        ("id", "5f3b"),
        ("site", "kitchen"),
        ("keyword", "7"),
        ("confidence", 0.981),
        ("scores", {"7": 0.981, "_other": 0.009, "1": 0.009}),
        ("onset", "2026-11-22T15:04:05.123Z"),
        ("offset", "2026-11-22T15:04:05.545Z"),
        ("duration_ms", 422),
        ("latency_ms", 141),
        ("model", "digits-1.0.0+ab12cd34"),
        ("expires", "2026-11-22T15:04:10.545Z"),
    ]


def test_the_types_of_an_event_are_fixed() -> None:
    event, _, _ = detection_messages(SEVEN, KITCHEN, "5f3b", now=1000.0)

    kinds = {name: type(value).__name__ for name, value in json.loads(event.payload).items()}

    assert kinds == {
        "schema": "int",
        "id": "str",
        "site": "str",
        "keyword": "str",
        "confidence": "float",
        "scores": "dict",
        "onset": "str",
        "offset": "str",
        "duration_ms": "int",
        "latency_ms": "int",
        "model": "str",
        "expires": "str",
    }


def test_a_detection_is_three_messages_and_only_the_latest_is_retained() -> None:
    messages = detection_messages(SEVEN, KITCHEN, "5f3b", now=1000.0)

    assert [(message.topic, message.retain) for message in messages] == [
        ("event", False),
        ("keyword", False),
        ("last", True),
    ]
    assert messages[1].payload == b"7"
    assert messages[0].payload == messages[2].payload


def test_each_of_the_three_carries_the_id_beside_its_payload() -> None:
    messages = detection_messages(SEVEN, KITCHEN, "5f3b", now=1000.0)

    assert {message.identifier for message in messages} == {"5f3b"}
    assert json.loads(messages[0].payload)["id"] == "5f3b"


def test_all_three_expire_together() -> None:
    messages = detection_messages(SEVEN, KITCHEN, "5f3b", now=1003.0)

    assert {message.expires for message in messages} == {1004.0}


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(hours=1)])
def test_a_wall_clock_that_jumps_changes_nothing_but_the_times_that_are_told(jump: timedelta) -> None:
    jumped = replace(SEVEN, onset_at=SEVEN.onset_at + jump, offset_at=SEVEN.offset_at + jump)

    stays, comes = (detection_messages(one, KITCHEN, "5f3b", now=1000.2) for one in (SEVEN, jumped))

    assert [one.expires for one in comes] == [one.expires for one in stays]
    told, expected = json.loads(comes[0].payload), json.loads(stays[0].payload)
    assert {name for name in told if told[name] != expected[name]} == {"onset", "offset", "expires"}


def test_times_are_told_in_utc_whatever_the_clock_shows() -> None:
    berlin = OFFSET_AT.astimezone(timezone(timedelta(hours=1)))
    seven = Detection("7", SEVEN.score, UTTERANCE, berlin, berlin, 1000.0)

    assert event_fields(seven, KITCHEN, "5f3b", now=1000.0)["offset"] == "2026-11-22T15:04:05.545Z"


def test_a_keyword_in_another_script_stays_readable() -> None:
    detection = Detection("семь", Score({"семь": 1.0}), UTTERANCE, OFFSET_AT, OFFSET_AT, 1000.0)

    event, keyword, _ = detection_messages(detection, KITCHEN, "5f3b", now=1000.0)

    assert keyword.payload.decode() == "семь"
    assert "семь" in event.payload.decode()


@given(st.lists(st.floats(0, 1).map(np.float64), min_size=1, max_size=12))
def test_scores_of_any_model_come_likeliest_first_with_three_decimals(posteriors: list[float]) -> None:
    score = Score({str(label): posterior for label, posterior in enumerate(posteriors)})
    detection = Detection(score.label, score, UTTERANCE, OFFSET_AT, OFFSET_AT, 1000.0)

    event, _, _ = detection_messages(detection, KITCHEN, "5f3b", now=1000.0)

    told = json.loads(event.payload)
    scores = list(told["scores"].values())
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == told["confidence"] == pytest.approx(float(max(posteriors)), abs=0.0005001)
