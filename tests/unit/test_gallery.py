"""Who looks is told what is new; who comes later, what was; and nobody holds up the others."""

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from digitd.monitor.gallery import Gallery
from digitd.monitor.tap import NUMBERS, UTTERANCES, Answer, Question, Sound, Spelled, Tap
from digitd.monitor.viewers import EVENTS, SOUNDS, Viewer
from monitor_fakes import NOON, RATE_HZ, seen


def sound(start: int = 0, seconds: float = 0.1) -> Sound:
    samples = np.zeros(round(seconds * RATE_HZ), np.float32)
    return Sound(start, start + len(samples), samples, -50.0, -60.0)


Told = Callable[[Viewer], list[dict[str, Any]]]


async def taken(viewer: Viewer) -> list[dict[str, Any]]:
    messages = []
    while True:
        try:
            messages.append(json.loads(await asyncio.wait_for(viewer.next(), 0.01)))
        except TimeoutError:
            return messages


@pytest.fixture
def told() -> Iterator[Told]:
    """Return what takes all that waits for a viewer."""
    with asyncio.Runner() as runner:
        yield lambda viewer: runner.run(taken(viewer))


@pytest.fixture
def tap() -> Tap:
    tap = Tap()
    tap.state = {"muted": False}
    return tap


@pytest.fixture
def gallery(tap: Tap) -> Gallery:
    return Gallery(tap, RATE_HZ)


def test_whoever_comes_is_told_what_is_set_and_what_was_heard(tap: Tap, gallery: Gallery, told: Told) -> None:
    tap.leave_utterance(seen(onset=1600, label="7"))
    tap.leave_utterance(seen(onset=3200, label="4"))

    messages = told(gallery.enter())

    assert [message["kind"] for message in messages] == ["state", "utterance", "utterance", "present"]
    assert [message["name"] for message in messages[1:3]] == ["7", "4"]


def test_only_the_last_utterances_are_remembered(tap: Tap, gallery: Gallery, told: Told) -> None:
    for number in range(3 * UTTERANCES):
        tap.leave_utterance(seen(onset=RATE_HZ * number))
        gallery.hand_on()

    onsets = [message["onset_s"] for message in told(gallery.enter()) if message["kind"] == "utterance"]

    assert onsets == list(range(2 * UTTERANCES, 3 * UTTERANCES))


def test_the_last_numbers_are_remembered_too(tap: Tap, gallery: Gallery, told: Told) -> None:
    for number in range(2 * NUMBERS):
        tap.leave_number(Spelled(NOON, "number", str(number), None, 0.9))
        gallery.hand_on()

    numbers = [message["heard"] for message in told(gallery.enter()) if message["kind"] == "number"]

    assert numbers == [str(number) for number in range(NUMBERS, 2 * NUMBERS)]


def test_the_tap_is_open_while_somebody_looks(tap: Tap, gallery: Gallery) -> None:
    before = tap.watched
    one, two = gallery.enter(), gallery.enter()
    gallery.leave(one)
    between = tap.watched
    gallery.leave(two)

    assert (before, between, tap.watched) == (False, True, False)


def test_all_who_look_are_told_the_same(tap: Tap, gallery: Gallery, told: Told) -> None:
    viewers = [gallery.enter(), gallery.enter()]
    for viewer in viewers:
        told(viewer)
    tap.leave_sound(sound())
    tap.leave_utterance(seen())
    tap.state, tap.health = {"muted": True}, {"state": "listening"}

    gallery.hand_on()

    one, two = (told(viewer) for viewer in viewers)
    assert one == two
    assert [message["kind"] for message in one] == ["utterance", "state", "health", "sound"]


def test_what_stays_the_same_is_not_told_again(tap: Tap, gallery: Gallery, told: Told) -> None:
    viewer = gallery.enter()
    told(viewer)
    tap.health = {"state": "listening"}
    gallery.hand_on()
    told(viewer)

    gallery.hand_on()

    assert told(viewer) == []


def test_an_answer_goes_to_who_has_asked(tap: Tap, gallery: Gallery, told: Told) -> None:
    asker, other = gallery.enter(), gallery.enter()
    for viewer in (asker, other):
        told(viewer)
    tap.answer(Answer(Question(asker.number, 5, "mute/set", "perhaps"), None, "must be ON or OFF"))
    tap.answer(Answer(Question(99, 1, "mute/set", "ON"), None))

    gallery.hand_on()

    expected = {
        "kind": "answer",
        "number": 5,
        "topic": "mute/set",
        "data": None,
        "error": "must be ON or OFF",
    }
    assert (told(asker), told(other)) == ([expected], [])


def test_who_takes_nothing_loses_the_oldest_and_nothing_grows(tap: Tap, gallery: Gallery, told: Told) -> None:
    viewer = gallery.enter()
    for number in range(5 * SOUNDS):
        tap.leave_sound(sound(1600 * number))
        tap.leave_utterance(seen(onset=1600 * number))
        gallery.hand_on()

    messages = told(viewer)

    sounds = [message for message in messages if message["kind"] == "sound"]
    utterances = [message for message in messages if message["kind"] == "utterance"]
    assert (len(sounds), len(utterances)) == (SOUNDS, EVENTS)
    assert sounds[-1]["start_s"] == pytest.approx(0.1 * 5 * SOUNDS, abs=0.15)
    assert viewer.skipped == 5 * SOUNDS - SOUNDS + 5 * SOUNDS + 2 - EVENTS


def test_what_matters_comes_before_sound_that_waits(tap: Tap, gallery: Gallery, told: Told) -> None:
    viewer = gallery.enter()
    told(viewer)
    tap.leave_sound(sound())
    gallery.hand_on()
    tap.leave_utterance(seen())
    gallery.hand_on()

    assert [message["kind"] for message in told(viewer)] == ["utterance", "sound"]
