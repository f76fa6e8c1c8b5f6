"""What whoever looks is told and may ask."""

import json
from base64 import b64decode
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest

from digitd.foreign import ForeignError
from digitd.messages import Rejection
from digitd.monitor.painter import Painter
from digitd.monitor.reading import Utterance, read
from digitd.monitor.tap import Seen, Sound, Spelled
from digitd.monitor.wire import (
    OUTLINE_POINTS,
    asked,
    number_message,
    question,
    sound_message,
    utterance_message,
)
from monitor_fakes import NOON, RATE_HZ, seen, utterance


def told(seen: Seen) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(utterance_message(seen, RATE_HZ))
    return message


def test_an_utterance_has_its_place_verdict_scores_and_picture() -> None:
    message = told(seen(onset=16_000))

    picture, outline = message.pop("picture"), message.pop("outline")
    assert message == {
        "kind": "utterance",
        "id": "16000-2026-11-26T12:00:00.000Z",
        "at": "2026-11-26T12:00:00.000Z",
        "onset_s": 1.0,
        "offset_s": 1.5,
        "level_dbfs": -20.0,
        "floor_dbfs": -60.0,
        "name": "7",
        "accepted": True,
        "reason": None,
        "needed": 0.75,
        "top": [["7", 0.9], ["1", 0.06], ["else", 0.03]],
        "clip": None,
    }
    pixels = b64decode(picture["pixels"])
    assert (picture["rows"], picture["columns"], len(pixels)) == (34, 50, 34 * 50)
    assert (min(pixels), max(pixels)) == (0, 255)
    assert (outline["start_s"], outline["end_s"]) == (1.0, 1.5)


def test_an_utterance_that_is_kept_has_the_name_of_its_clip() -> None:
    assert told(replace(seen(), clip="20261126T120000000"))["clip"] == "20261126T120000000"


def test_a_number_says_whether_it_counts() -> None:
    counts = Spelled(NOON, "number  42", "42", "channel", 0.96251)
    does_not = Spelled(NOON, "number  4 ?", "4 ?", None, reason="not every digit was understood")

    assert [json.loads(number_message(one)) for one in (counts, does_not)] == [
        {
            "kind": "number",
            "at": "2026-11-26T12:00:00.000Z",
            "text": "number  42",
            "heard": "42",
            "grammar": "channel",
            "confidence": 0.963,
            "reason": None,
        },
        {
            "kind": "number",
            "at": "2026-11-26T12:00:00.000Z",
            "text": "number  4 ?",
            "heard": "4 ?",
            "grammar": None,
            "confidence": None,
            "reason": "not every digit was understood",
        },
    ]


def test_an_utterance_that_was_ignored_says_why() -> None:
    message = told(seen(accepted=False))

    assert (message["accepted"], message["reason"], message["name"]) == (False, "below threshold", "7")


def test_what_was_said_while_muted_has_no_scores() -> None:
    muted = Seen(Rejection("muted", None, utterance()), None, True, NOON, None, seen().features)  # noqa: FBT003 - as its field

    message = told(muted)

    assert (message["name"], message["top"], message["needed"]) == (None, [], None)


def test_nothing_of_a_secret_is_shown() -> None:
    message = told(seen(label="7", shown=False))

    assert (message["name"], message["top"]) == ("*", [])
    assert (message["picture"], message["outline"]) == (None, None)
    assert "0.9" not in json.dumps(message)


def test_the_outline_goes_from_the_least_to_the_greatest_sample_and_says_nothing_else() -> None:
    one = seen()
    told = read(utterance_message(one, RATE_HZ))
    assert isinstance(told, Utterance)
    assert told.outline

    least, greatest = told.outline.edges

    samples = one.verdict.utterance.samples
    assert len(least) == len(greatest) == OUTLINE_POINTS < len(samples) / 20
    assert (least.min(), greatest.max()) == pytest.approx((samples.min(), samples.max()), rel=0.01)


def test_digital_silence_has_an_outline_too() -> None:
    silence = replace(utterance(), samples=np.zeros(1600, np.float32))
    quiet = replace(seen(), verdict=Rejection("anything else", None, silence))

    told = read(utterance_message(quiet, RATE_HZ))

    assert isinstance(told, Utterance)
    assert told.outline
    assert np.abs(told.outline.edges).max() < 1e-5


def test_what_only_the_page_shows_is_skipped_and_what_is_no_message_refused() -> None:
    assert read('{"kind": "weather", "rain": true}') is None
    with pytest.raises(msgspec.DecodeError):
        read('{"kind": "utterance"}')
    with pytest.raises(msgspec.DecodeError):
        read("hello")


def test_a_terminal_asks_as_the_page_does() -> None:
    one = asked(question("mute/set", "ON"))

    assert (one.topic, one.payload) == ("mute/set", "ON")


@pytest.mark.parametrize("shown", [True, False])
def test_sound_has_its_place_its_levels_and_its_columns_unless_it_may_be_secret(*, shown: bool) -> None:
    painter = Painter(RATE_HZ)
    sound = Sound(0, 3200, np.full(3200, 0.1, np.float32), -50.04, -60.0, shown)
    strip = painter.draw(sound)
    assert strip is not None

    message = json.loads(sound_message(strip, sound, painter.hop, RATE_HZ))

    columns = message.pop("columns")
    assert message.pop("levels_dbfs") == [-20.0] * 9
    assert message == {
        "kind": "sound",
        "start_s": round(strip.start / RATE_HZ, 4),
        "column_s": 0.02,
        "onset_dbfs": -50.0,
        "floor_dbfs": -60.0,
        "bands": 64,
    }
    assert (len(b64decode(columns)) if columns else None) == (9 * 64 if shown else None)


def test_a_question_is_read() -> None:
    question = asked('{"number": 3, "topic": "mute/set", "payload": "ON"}')

    assert (question.number, question.topic, question.payload) == (3, "mute/set", "ON")


@pytest.mark.parametrize(
    "message",
    [
        *("", "{", "[]", "{}", '{"number": "x", "topic": "a"}', '{"number": 1, "topic": "a", "x": 1}'),
        *(b"\xff", b'{"number": 1, "topic": "\xff"}'),
    ],
)
def test_what_is_no_question_is_refused(message: str | bytes) -> None:
    with pytest.raises(ForeignError):
        asked(message)
