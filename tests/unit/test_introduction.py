"""Home Assistant is told what there is, and again some seconds after it has started."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from digitd.commands.introduction import Introduction, own_topic, subscriptions
from digitd.config import Config
from digitd.publish.home_assistant import HomeAssistantSettings
from digitd.publish.inbox import Received
from digitd.publish.payload import Elsewhere
from fakes import FakeClock, FakeVoice

KITCHEN = Config(site="kitchen")
STATUS = Elsewhere("homeassistant/status")


@dataclass
class House:
    """An introduction, and what it was told to."""

    config: Config = KITCHEN
    delay_s: Callable[[], float] = lambda: 3.0
    voice: FakeVoice = field(default_factory=FakeVoice)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.introduction = Introduction(self.config, self.voice, self.clock.clock, self.delay_s)
        self.introduction.introduce("digits-1.0.0", ("1", "2"), numbers=False, budget=False)

    def hear(self, topic: str, payload: bytes) -> None:
        self.introduction.came(Received(topic, payload, 0.0))

    def after(self, seconds: float) -> list[str]:
        self.clock.pass_s(seconds)
        self.introduction.heed()
        return self.voice.repeated

    def components(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.voice.states[own_topic(self.config)])["components"]
        return said


def test_it_is_a_state_so_that_each_connection_begins_with_it() -> None:
    house = House()

    assert list(house.voice.states) == [own_topic(KITCHEN)]
    assert house.components()["keyword_2"]["topic"] == "digitd/kitchen/keyword"


def test_it_is_said_again_once_some_seconds_after_home_assistant_has_started() -> None:
    house = House()

    house.hear(STATUS, b"online")

    assert house.after(2.9) == []
    assert house.after(0.2) == [own_topic(KITCHEN)]
    assert house.after(60.0) == [own_topic(KITCHEN)]


def test_a_start_after_a_start_does_not_put_it_off() -> None:
    house = House()
    house.hear(STATUS, b"online")
    house.clock.pass_s(2.0)

    house.hear(STATUS, b"online")

    assert house.after(1.1) == [own_topic(KITCHEN)]


@pytest.mark.parametrize(("topic", "payload"), [(STATUS, b"offline"), ("elsewhere", b"online")])
def test_anything_else_is_no_start(topic: str, payload: bytes) -> None:
    house = House()

    house.hear(topic, payload)

    assert house.after(20.0) == []


def test_rooms_do_not_all_speak_at_once() -> None:
    random.seed(1)
    voice, clock = FakeVoice(), FakeClock()
    rooms = [Introduction(KITCHEN, voice, clock.clock) for _ in range(20)]
    for room in rooms:
        room.came(Received(STATUS, b"online", 0.0))

    spoken: list[int] = []
    for _ in range(100):
        clock.pass_s(0.1)
        for room in rooms:
            room.heed()
        spoken.append(len(voice.repeated))

    assert spoken[8] == 0
    assert spoken[-1] == len(rooms)
    assert max(later - earlier for earlier, later in pairwise(spoken)) < 5


def test_another_model_takes_the_triggers_of_the_old_one_away() -> None:
    house = House()

    house.introduction.introduce("mine-1.0.0", ("2", "lamp"), numbers=False, budget=False)

    assert house.components()["keyword_1"] == {"platform": "device_automation"}
    assert house.components()["keyword_lamp"]["subtype"] == "lamp"


def test_who_does_not_want_it_publishes_and_hears_nothing_of_it() -> None:
    config = Config(site="kitchen", home_assistant=HomeAssistantSettings(enabled=False))

    assert House(config).voice.states == {}
    assert subscriptions(config) == ()


def test_the_birth_message_is_asked_for_below_the_prefix() -> None:
    config = Config(home_assistant=HomeAssistantSettings(prefix="ha"))

    assert subscriptions(config) == (Elsewhere("ha/status"),)
