"""The one message from which Home Assistant makes a device, held against what Home Assistant takes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from digitd.publish.home_assistant import Device, HomeAssistantSettings, identity, introduction
from digitd.publish.orders import Request, understood
from digitd.publish.payload import Elsewhere

TAKEN = json.loads(Path(__file__).with_name("home_assistant_schemas.json").read_text(encoding="utf-8"))
"""Made by integration/published_schemas.py."""

ADDED = {"platform", "device", "origin"}
"""By us, to say which schema it is; and by Home Assistant, from the rest of the message."""

LONGEST_BYTES = 10_000
DIGITS = tuple("0123456789")


def device(  # noqa: PLR0913 - all that a device can be
    site: str = "kitchen",
    machine: str = "ab12cd34",
    keywords: tuple[str, ...] = DIGITS,
    *,
    numbers: bool = True,
    budget: bool = True,
    forgotten: tuple[str, ...] = (),
) -> Device:
    return Device(
        identity=identity(site, machine),
        name=f"digitd {site}",
        topics=f"digitd/{site}",
        model="digits-1.0.0",
        version="0.1.0",
        keywords=keywords,
        numbers=numbers,
        budget=budget,
        forgotten=forgotten,
    )


def told(introduced: Device) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(introduction(HomeAssistantSettings(), introduced).payload)
    return message


def components(introduced: Device) -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = told(introduced)["components"]
    return made


def entities(introduced: Device) -> dict[str, dict[str, Any]]:
    return {key: made for key, made in components(introduced).items() if "unique_id" in made}


def triggers(introduced: Device) -> dict[str, dict[str, Any]]:
    made = components(introduced).values()
    return {f"{one['subtype']} {one['type']}": one for one in made if "subtype" in one}


def unique_ids(introduced: Device) -> set[str]:
    return {made["unique_id"] for made in entities(introduced).values()}


@pytest.mark.parametrize("key", components(device()))
def test_a_component_has_what_its_platform_asks_for_and_nothing_that_it_would_drop(key: str) -> None:
    component = components(device())[key]
    taken = TAKEN["components"][component["platform"]]

    assert set(taken["required"]) <= component.keys() | ADDED
    assert component.keys() <= {*taken["required"], *taken["optional"], *ADDED}


@pytest.mark.parametrize("part", ["device", "origin"])
def test_device_and_origin_have_what_is_asked_for_and_nothing_that_would_be_dropped(part: str) -> None:
    said = told(device())[part]

    assert set(TAKEN[part]["required"]) <= said.keys()
    assert said.keys() <= {*TAKEN[part]["required"], *TAKEN[part]["optional"]}


def test_it_is_retained_on_a_topic_that_home_assistant_listens_to() -> None:
    message = introduction(HomeAssistantSettings(prefix="ha"), device())

    assert message.topic == Elsewhere("ha/device/digitd_kitchen_ab12cd34/config")
    assert isinstance(message.topic, Elsewhere)
    assert message.retain


@pytest.mark.parametrize("site", ["küche", "living.room", "1-B", "台所"])
def test_a_place_may_be_called_anything(site: str) -> None:
    message = introduction(HomeAssistantSettings(), device(site))

    assert all(
        level.isascii() and level.replace("_", "a").replace("-", "a").isalnum()
        for level in message.topic.split("/")
    )


def test_nobody_else_has_the_same_ids_and_a_restart_changes_none() -> None:
    here = unique_ids(device("kitchen", "ab12cd34"))

    assert len(here) == len(entities(device()))
    assert here == unique_ids(device("kitchen", "ab12cd34"))
    assert not here & unique_ids(device("bath", "ab12cd34"))
    assert not here & unique_ids(device("kitchen", "00000000"))


@pytest.mark.parametrize(("one", "other"), [("a_b", "a.b"), ("a_b", "a-b"), ("küche", "k_fc_che")])
def test_places_that_only_differ_in_unusual_letters_are_two(one: str, other: str) -> None:
    assert identity(one, "ab12cd34") != identity(other, "ab12cd34")


def test_there_is_a_trigger_for_each_digit_in_words_and_for_numbers() -> None:
    listed = triggers(device())

    assert list(listed) == [
        *("zero spoken", "one spoken", "two spoken", "three spoken", "four spoken"),
        *("five spoken", "six spoken", "seven spoken", "eight spoken", "nine spoken"),
        *("a number spoken", "a number rejected"),
    ]
    seven, number = listed["seven spoken"], listed["a number spoken"]
    assert (seven["topic"], seven["payload"]) == ("digitd/kitchen/keyword", "7")
    assert (number["topic"], "payload" in number) == ("digitd/kitchen/number", False)


def test_keywords_of_ones_own_are_triggers_by_themselves() -> None:
    listed = triggers(device(keywords=("lamp", "stop it", "Tür"), numbers=False))

    assert list(listed) == ["lamp spoken", "stop it spoken", "Tür spoken"]
    assert not any(" " in key for key in components(device(keywords=("stop it",))))


def test_what_another_model_heard_before_is_taken_away() -> None:
    said = components(device(keywords=("1",), forgotten=("7",)))

    assert said["keyword_7"] == {"platform": "device_automation"}
    assert said["keyword_1"]["payload"] == "1"


def test_without_numbers_all_of_them_is_taken_away() -> None:
    said = components(device(numbers=False))

    assert [key for key, made in said.items() if made.keys() == {"platform"}] == [
        *("a_number", "a_rejected_number", "number", "rejected_number", "last_number")
    ]


def test_without_a_budget_what_belongs_to_it_is_taken_away() -> None:
    said = components(device(budget=False))

    assert [key for key, made in said.items() if made.keys() == {"platform"}] == ["false_accepts", "not_me"]


def test_that_was_not_me_asks_for_what_the_daemon_understands() -> None:
    button = entities(device())["not_me"]

    assert button["command_topic"] == "digitd/kitchen/request/not-me"
    assert understood("request/not-me", button["payload_press"].encode(), DIGITS) == Request("not-me")


def test_a_secret_number_is_heard_by_nothing_there() -> None:
    assert not re.search(r"number/(?:secret|\+|#)", json.dumps(told(device())))


def test_what_hears_needs_the_microphone_and_what_tells_of_its_loss_does_not() -> None:
    needed = {
        key: [topic["topic"].rpartition("/")[2] for topic in made["availability"]]
        for key, made in entities(device()).items()
    }

    assert {key for key, topics in needed.items() if topics == ["availability", "microphone"]} == {
        *("keyword", "number", "rejected_number", "last_keyword", "last_number")
    }
    assert all(topics[0] == "availability" for topics in needed.values())
    assert all(made["availability_mode"] == "all" for made in entities(device()).values())


def test_every_topic_is_below_ours() -> None:
    topics = [
        value
        for made in components(device()).values()
        for key, value in made.items()
        if key.endswith("topic")
    ]

    assert len(topics) > 20
    assert all(topic.startswith("digitd/kitchen/") for topic in topics)


def test_it_stays_small() -> None:
    assert len(introduction(HomeAssistantSettings(), device()).payload) < LONGEST_BYTES
