"""Between the way of the audio and the page: bounded, and nobody waits."""

import threading
from datetime import UTC, datetime

import numpy as np

from digitd.monitor.tap import QUESTIONS, SOUNDS, UTTERANCES, Answer, Question, Sound, Tap
from monitor_fakes import seen


def sound(number: int) -> Sound:
    return Sound(320 * number, 320 * (number + 1), np.zeros(320, np.float32), -50.0, -60.0)


def question(number: int) -> Question:
    return Question(1, number, "mute/set", "ON")


def test_what_is_left_is_taken_once_and_in_order() -> None:
    tap = Tap()
    for number in range(3):
        tap.leave_sound(sound(number))

    assert [one.start for one in tap.sounds()] == [0, 320, 640]
    assert tap.sounds() == []


def test_when_nobody_takes_anything_the_oldest_gives_way() -> None:
    tap = Tap()
    for number in range(10 * SOUNDS):
        tap.leave_sound(sound(number))
        tap.leave_utterance(seen(onset=number))
        tap.answer(Answer(question(number), None))

    taken = tap.sounds(), tap.utterances(), tap.answers()

    assert [len(some) for some in taken] == [SOUNDS, UTTERANCES, QUESTIONS]
    assert taken[0][-1].start == 320 * (10 * SOUNDS - 1)
    assert taken[1][-1].verdict.utterance.onset == 10 * SOUNDS - 1


def test_whoever_asks_too_much_at_once_is_told_so() -> None:
    tap = Tap()

    accepted = [tap.ask(question(number)) for number in range(QUESTIONS + 5)]

    assert accepted == [True] * QUESTIONS + [False] * 5
    assert [one.number for one in tap.questions()] == list(range(QUESTIONS))


def test_one_thread_may_take_while_another_leaves() -> None:
    tap = Tap()
    done = threading.Event()

    def leave() -> None:
        for number in range(20_000):
            tap.leave_sound(sound(number))
        done.set()

    writer = threading.Thread(target=leave)
    writer.start()
    taken: list[int] = []
    while not done.is_set():
        taken += [one.start for one in tap.sounds()]
    taken += [one.start for one in tap.sounds()]
    writer.join()

    assert taken == sorted(set(taken))
    assert taken[-1] == 320 * 19_999


def test_times_are_those_of_the_world() -> None:
    assert seen(onset=1).at == datetime(2026, 11, 26, 12, tzinfo=UTC)
