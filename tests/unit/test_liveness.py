"""What becomes of the sound, told from the blocks alone. A mark is a quarter of a second."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digitd.messages import AudioBlock, Float32
from digitd.service.liveness import FLOWING, HEARING, Liveness, State

RATE_HZ, MARK_S = 1000, 0.25
LOST_AFTER_S, SILENT_AFTER_S = 2.0, 1.0

SOUNDS = "#_|."
"""A room's noise, zeros, another value that stays, no samples at all."""

LETTERS = {
    State.STARTING: "s",
    State.LISTENING: "L",
    State.SILENT: "z",
    State.STALLED: "-",
    State.LOST: "x",
    State.RECOVERING: "r",
}


def liveness() -> Liveness:
    return Liveness(RATE_HZ, LOST_AFTER_S, SILENT_AFTER_S)


def sound(mark: str) -> Float32:
    length = round(MARK_S * RATE_HZ)
    match mark:
        case "#":
            return np.random.default_rng(1).normal(0, 0.001, length).astype(np.float32)
        case "_":
            return np.zeros(length, np.float32)
        case "|":
            return np.full(length, 0.25, np.float32)
        case _:
            return np.empty(0, np.float32)


def states(sketch: str, mark_s: float = MARK_S) -> list[State]:
    watched = liveness()
    told = []
    for number, mark in enumerate(sketch):
        watched.hear(AudioBlock(0, sound(mark), captured_at=100 + number * mark_s))
        told.append(watched.state)
    return told


def drawn(sketch: str, mark_s: float = MARK_S) -> str:
    return "".join(LETTERS[state] for state in states(sketch, mark_s))


def test_it_listens_from_the_first_samples_on() -> None:
    sketch = "..####"

    assert drawn(sketch) == "ssLLLL"


def test_a_pause_of_less_than_a_second_is_nothing() -> None:
    sketch = "##...##"

    assert drawn(sketch) == "LLLLLLL"


def test_after_a_second_without_samples_it_has_stalled_and_after_two_it_is_lost() -> None:
    sketch = "##........."

    assert drawn(sketch) == "LLLLL----xx"


def test_a_stall_ends_with_the_next_samples() -> None:
    sketch = "##.....##"

    assert drawn(sketch) == "LLLLL--LL"


def test_a_lost_microphone_hears_again_when_a_second_has_come_without_a_pause() -> None:
    sketch = "#........#####"

    assert drawn(sketch) == "LLLL----xrrrLL"


def test_a_loose_plug_that_gives_crumbs_recovers_nothing() -> None:
    sketch = "#........#.#.##.####"

    assert drawn(sketch) == "LLLL----xrrrrrrrrrrL"


def test_a_microphone_that_never_gives_anything_is_lost() -> None:
    sketch = "........."

    assert drawn(sketch) == "ssssssssx"


def test_one_and_the_same_value_is_a_muted_or_a_dead_microphone() -> None:
    zeros, stuck = "##______#", "##||||||#"

    assert drawn(zeros) == "LLLLLLzzL"
    assert drawn(stuck) == "LLLLLLzzL"


def test_the_reason_is_in_words() -> None:
    watched = liveness()

    changes = [
        watched.hear(AudioBlock(0, sound(mark), captured_at=number * MARK_S))
        for number, mark in enumerate("#_____")
    ]

    assert [change.reason for change in changes if change] == [
        "audio flows",
        "the same value for 1 s: is the microphone muted, or dead?",
    ]


def test_a_process_that_was_itself_stopped_for_a_minute_has_lost_nothing() -> None:
    watched = liveness()

    for captured_at, mark in ((0.0, "#"), (60.0, "."), (60.1, "#")):
        watched.hear(AudioBlock(0, sound(mark), captured_at))

    assert watched.state is State.LISTENING


@given(st.text(SOUNDS, max_size=60))
def test_it_hears_only_while_samples_come_or_have_just_come(sketch: str) -> None:
    for end, state in enumerate(states(sketch), 1):
        recent = sketch[max(end - round(LOST_AFTER_S / MARK_S), 0) : end]

        assert state not in HEARING or recent.strip(".")
        assert state not in FLOWING or sketch[max(end - 4, 0) : end].strip(".")


@given(st.text(SOUNDS, max_size=60))
def test_a_change_is_told_once(sketch: str) -> None:
    watched = liveness()

    changes = [
        watched.hear(AudioBlock(0, sound(mark), captured_at=number * MARK_S))
        for number, mark in enumerate(sketch)
    ]

    told = [change for change in changes if change]
    assert all(change.before is not change.state for change in told)
    assert all(before.state is after.before for before, after in pairwise(told))
