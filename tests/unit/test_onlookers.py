"""What the main thread leaves for the page, and what it does not even look at while nobody looks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from digitd.commands.onlookers import Onlookers
from digitd.commands.recogniser import Recogniser
from digitd.config import Config
from digitd.errors import ConfigError
from digitd.messages import AudioBlock, Detection, NumberRejection, SpokenNumber
from digitd.monitor.tap import Question, Spelled, Tap
from digitd.pipeline import Heard, Moment
from fakes import FakeClock
from monitor_fakes import NOON, seen


class Host:
    """A daemon that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def do(self, topic: str, payload: str) -> Any:  # noqa: ANN401 - as the real one
        self.asked.append(f"{topic} {payload}")
        if payload == "perhaps":
            raise ConfigError("must be ON or OFF")
        return {"done": True}

    def health(self) -> dict[str, Any]:
        self.asked.append("health")
        return {"state": "listening"}


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    return Recogniser(Config())


def moment(*, spoken: bool = False) -> Moment:
    samples = np.zeros(320, np.float32)
    verdicts = [seen().verdict] if spoken else []
    heard = Heard(AudioBlock(16_000, samples), samples, -50.0, -60.0, (), 0)
    return Moment(heard, verdicts)


def test_while_nobody_looks_no_sound_is_left_and_no_health_asked_for(recogniser: Recogniser) -> None:
    tap, host = Tap(), Host()

    Onlookers(tap, host.do, host.health).show(moment(), recogniser, None)

    assert (tap.sounds(), tap.health, host.asked) == ([], None, [])


def test_an_utterance_is_left_for_who_comes_later(recogniser: Recogniser) -> None:
    tap, host, clock = Tap(), Host(), FakeClock()

    Onlookers(tap, host.do, host.health, clock.clock).show(moment(spoken=True), recogniser, None)

    (left,) = tap.utterances()
    assert (left.name, left.shown) == ("7", True)
    assert left.needed == recogniser.thresholds["7"]
    assert (clock.now() - left.at).total_seconds() == pytest.approx((16_320 - 8000) / 16_000)


def test_while_somebody_looks_each_block_is_left_and_health_once_a_second(recogniser: Recogniser) -> None:
    tap, host, clock = Tap(), Host(), FakeClock()
    tap.watched = True
    onlookers = Onlookers(tap, host.do, host.health, clock.clock)

    for _ in range(60):
        onlookers.show(moment(), recogniser, None)
        clock.pass_s(0.025)

    sounds = tap.sounds()
    assert (len(sounds), host.asked) == (60, ["health", "health"])
    assert (sounds[0].start, sounds[0].end, sounds[0].onset_dbfs, sounds[0].floor_dbfs) == (
        *(16_000, 16_320),
        *(-50.0, -60.0),
    )


def test_where_any_utterance_may_be_secret_none_can_be_told_from_another_and_no_sound_is_drawn(
    recogniser: Recogniser,
) -> None:
    tap, host = Tap(), Host()
    tap.watched = True

    Onlookers(tap, host.do, host.health).show(moment(spoken=True), recogniser, "*")

    (left,), (sound,) = tap.utterances(), tap.sounds()
    assert (left.name, left.shown, left.needed, sound.shown) == ("*", False, None, False)


def test_an_utterance_that_is_kept_says_what_its_clip_is_called(recogniser: Recogniser) -> None:
    tap, host = Tap(), Host()

    Onlookers(tap, host.do, host.health).show(moment(spoken=True), recogniser, None, ["20261126T120000000"])

    assert [left.clip for left in tap.utterances()] == ["20261126T120000000"]


def test_numbers_are_left_and_nothing_of_a_secret_one(recogniser: Recogniser) -> None:
    tap, host = Tap(), Host()
    seven, perhaps = seen().verdict, seen(accepted=False).verdict
    assert isinstance(seven, Detection)
    numbers = (
        SpokenNumber((seven, seven), "channel", secret=False),
        NumberRejection("not every digit was understood", (seven, perhaps), None, secret=False),
        SpokenNumber((seven, seven), "pin", secret=True),
        NumberRejection("no such number is expected", (seven, seven), "pin", secret=True),
    )

    Onlookers(tap, host.do, host.health).show(replace(moment(), numbers=numbers), recogniser, None)

    assert tap.numbers() == [
        Spelled(NOON, "number  77  0.81  channel", "77", "channel", 0.9 * 0.9),
        Spelled(
            NOON,
            "number  7 7?  not every digit was understood",
            "7 7?",
            None,
            reason="not every digit was understood",
        ),
    ]


def test_what_is_asked_is_done_and_answered_or_refused_with_the_reason(recogniser: Recogniser) -> None:
    tap, host = Tap(), Host()
    tap.ask(Question(1, 1, "mute/set", "ON"))
    tap.ask(Question(2, 9, "mute/set", "perhaps"))

    Onlookers(tap, host.do, host.health).show(moment(), recogniser, None)

    assert host.asked == ["mute/set ON", "mute/set perhaps"]
    assert [(one.question.viewer, one.data, one.error) for one in tap.answers()] == [
        (1, {"done": True}, None),
        (2, None, "must be ON or OFF"),
    ]
