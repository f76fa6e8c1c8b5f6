"""What automations rely on when numbers are spoken. A change here is a change of the contract."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from digitd.decide import Reason as Doubt
from digitd.messages import Detection, NumberRejection, Rejection, Score, SpokenNumber, Utterance
from digitd.numbers import Reason
from digitd.publish.number import number_fields, number_message
from digitd.publish.payload import Source

KITCHEN = Source(site="kitchen", model="digits-1.0.0+ab12cd34", expires_s=5.0)
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
UTTERANCE = Utterance(0, np.zeros(0, np.float32), 0, 0, -30.0, -60.0)


def digit(keyword: str, probability: float, onset_s: float) -> Detection:
    onset_at = NOON + timedelta(seconds=onset_s)
    score = Score({keyword: probability, "else": 1 - probability})
    return Detection(
        keyword, score, UTTERANCE, onset_at, onset_at + timedelta(seconds=0.4), 1000.0 + onset_s + 0.4
    )


OH_SEVEN = SpokenNumber((digit("0", 0.9, 0.0), digit("7", 0.8, 1.0)), "channel", secret=False)
DOUBT = Rejection(Doubt.DOUBTFUL, Score({"3": 0.412, "else": 0.3}), UTTERANCE)
REJECTED = NumberRejection(Reason.DOUBTFUL, (digit("0", 0.9, 0.0), DOUBT), None, secret=False)


def test_a_number_of_schema_1_looks_like_this() -> None:
    fields = number_fields(OH_SEVEN, KITCHEN, "5f3b", now=1002.2412)

    assert list(fields.items()) == [
        ("schema", 1),
        ("id", "5f3b"),
        ("site", "kitchen"),
        ("number", "07"),
        ("value", 7),
        ("confidence", 0.72),
        (
            "digits",
            [
                {
                    "keyword": "0",
                    "confidence": 0.9,
                    "onset": "2026-11-26T12:00:00.000Z",
                    "offset": "2026-11-26T12:00:00.400Z",
                },
                {
                    "keyword": "7",
                    "confidence": 0.8,
                    "onset": "2026-11-26T12:00:01.000Z",
                    "offset": "2026-11-26T12:00:01.400Z",
                },
            ],
        ),
        ("grammar", "channel"),
        ("onset", "2026-11-26T12:00:00.000Z"),
        ("offset", "2026-11-26T12:00:01.400Z"),
        ("latency_ms", 841),
        ("model", "digits-1.0.0+ab12cd34"),
        ("expires", "2026-11-26T12:00:06.400Z"),
    ]


def test_a_rejected_number_of_schema_1_tells_what_was_heard_and_why_it_does_not_count() -> None:
    fields = number_fields(REJECTED, KITCHEN, "5f3b", now=1000.4)

    assert list(fields.items()) == [
        ("schema", 1),
        ("id", "5f3b"),
        ("site", "kitchen"),
        ("reason", "not every digit was understood"),
        (
            "heard",
            [
                {"keyword": "0", "confidence": 0.9, "reason": None},
                {"keyword": "3", "confidence": 0.412, "reason": "below threshold"},
            ],
        ),
        ("grammar", None),
        ("onset", "2026-11-26T12:00:00.000Z"),
        ("offset", "2026-11-26T12:00:00.400Z"),
        ("latency_ms", 0),
        ("model", "digits-1.0.0+ab12cd34"),
        ("expires", "2026-11-26T12:00:05.400Z"),
    ]


def test_numbers_secrets_and_rejections_have_topics_of_their_own_and_nothing_is_retained() -> None:
    messages = [
        number_message(number, KITCHEN, "5f3b", now=1002.0)
        for number in (OH_SEVEN, replace(OH_SEVEN, secret=True), REJECTED)
    ]

    assert [message.topic for message in messages] == ["number", "number/secret", "number/rejected"]
    assert not any(message.retain for message in messages)


def test_a_number_expires_with_its_last_digit() -> None:
    message = number_message(OH_SEVEN, KITCHEN, "5f3b", now=1002.0)

    assert message.expires == 1001.4 + 4.0


def test_of_what_may_be_a_secret_nothing_is_told_but_that_it_does_not_count() -> None:
    message = number_message(replace(REJECTED, secret=True), KITCHEN, "5f3b", now=1000.4)

    told = json.loads(message.payload)
    assert told["heard"] is None
    assert told["reason"] == "not every digit was understood"
