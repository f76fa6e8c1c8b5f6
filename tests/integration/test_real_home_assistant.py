"""In the real Home Assistant: what is shown, what fires, what goes away and comes back.

Virtual microphone -> PortAudio -> `digitd run` -> mosquitto -> Home Assistant -> mosquitto -> a lamp.
"""

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.daemons import DIGITD
from integration.home_assistant import inside
from integration.house import DAEMON, HEARD, NUMBERS, House, full, house, recipes

pytestmark = [pytest.mark.home_assistant, pytest.mark.broker, pytest.mark.microphone]

SCHEMAS = Path(__file__).parents[1] / "unit" / "home_assistant_schemas.json"
DIGITS = {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Build one house for all tests; each runs a daemon of its own in it."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "vmic").mkdir()
    with house(folder) as built:
        yield built


def test_what_the_unit_tests_hold_our_message_against_is_what_it_takes() -> None:
    script = Path(__file__).with_name("published_schemas.py").read_bytes()

    done = subprocess.run(inside("python", "-"), input=script, capture_output=True, check=True, timeout=60)

    assert done.stdout.decode() == SCHEMAS.read_text(encoding="utf-8")


def test_there_is_a_device_with_a_trigger_for_each_digit_and_with_every_entity(kitchen: House) -> None:
    with kitchen.daemon():
        device = kitchen.device()
        triggers = kitchen.home.ask("device_automation/trigger/list", device_id=device["id"])
        entities = kitchen.home.ask("config/entity_registry/list")

    assert (device["name"], device["model"][:7]) == ("digitd kitchen", "digits-")
    spoken = {trigger["subtype"] for trigger in triggers if trigger["domain"] == "mqtt"}
    assert spoken == DIGITS
    ours = {entity["entity_id"] for entity in entities if entity["device_id"] == device["id"]}
    assert ours == set(map(full, HEARD + DAEMON))
    assert not re.findall(r"(?:WARNING|ERROR) .*mqtt.*", kitchen.home.log)


def test_what_is_heard_is_shown_with_how_sure_that_is_and_that_all_is_well(kitchen: House) -> None:
    with kitchen.daemon():
        kitchen.say("7")

        kitchen.home.wait_for(full("sensor.last_keyword"), "7")
        event = kitchen.home.get(f"/api/states/{full('event.keyword')}")["attributes"]
        problems = kitchen.states([entity for entity in DAEMON if entity.startswith("binary_sensor")])
        level = float(kitchen.home.state(full("sensor.level")))

    assert (event["event_type"], event["keyword"], event["confidence"] > 0.5) == ("keyword", "7", True)
    assert set(problems.values()) == {"off"}
    assert -150 < level < 0


@pytest.mark.parametrize("recipe", recipes("README.md"), ids=["by trigger", "by topic"])
def test_an_automation_on_seven_turns_the_lamp_on(kitchen: House, recipe: str) -> None:
    with kitchen.daemon(), kitchen.automated(recipe) as lamp:
        kitchen.say("1")
        kitchen.say("7")

        lamp.wait_for([("set", '{"state":"ON"}')])


def test_the_recipe_for_a_number_makes_the_lamp_as_bright(kitchen: House) -> None:
    by_number, _, _ = recipes("docs/recipes.md")

    with kitchen.daemon() as running, kitchen.automated(by_number) as lamp:
        running.configure(numbers={"enabled": True})
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("configuration reloaded")
        kitchen.say("42")

        lamp.wait_for([("set", '{"state":"ON","brightness":107}')])


def test_the_recipe_for_each_digit_does_something_else_for_each(kitchen: House) -> None:
    _, by_digit, _ = recipes("docs/recipes.md")

    with kitchen.daemon(), kitchen.automated(by_digit) as lamp:
        kitchen.say("930")

        lamp.wait_for([("set", '{"state":"ON","brightness":255}'), ("set", '{"state":"OFF"}')])


def test_the_recipe_that_asks_how_sure_it_is_acts_on_a_clear_seven(kitchen: House) -> None:
    _, _, by_confidence = recipes("docs/recipes.md")

    with kitchen.daemon(), kitchen.automated(by_confidence) as lamp:
        kitchen.say("7")

        lamp.wait_for([("set", '{"state":"ON"}')])


def test_numbers_are_there_as_soon_as_they_are_wanted_and_gone_when_they_are_not(kitchen: House) -> None:
    with kitchen.daemon() as running:
        assert set(kitchen.states(NUMBERS).values()) == {"missing"}

        running.configure(numbers={"enabled": True})
        running.process.send_signal(signal.SIGHUP)
        kitchen.wait_until_there(NUMBERS)
        kitchen.say("42")
        kitchen.home.wait_for(full("sensor.last_number"), "42")
        event = kitchen.home.get(f"/api/states/{full('event.number')}")["attributes"]

        running.configure(numbers={"enabled": False})
        running.process.send_signal(signal.SIGHUP)
        kitchen.home.until(
            lambda: set(kitchen.states(NUMBERS).values()) == {"missing"}, "there are no numbers any more"
        )

    assert (event["event_type"], event["number"], event["value"]) == ("number", "42", 42)


def test_muting_it_there_mutes_it_here(kitchen: House) -> None:
    with kitchen.daemon():
        kitchen.say("3")
        kitchen.home.wait_for(full("sensor.last_keyword"), "3")

        kitchen.home.post("/api/services/switch/turn_on", {"entity_id": full("switch.mute")})
        kitchen.home.wait_for(full("switch.mute"), "on")
        kitchen.say("7")
        kitchen.home.post("/api/services/switch/turn_off", {"entity_id": full("switch.mute")})
        kitchen.home.wait_for(full("switch.mute"), "off")

        assert kitchen.home.state(full("sensor.last_keyword")) == "3"


def test_the_threshold_can_be_set_there(kitchen: House) -> None:
    with kitchen.daemon():
        entity = full("number.threshold")

        kitchen.home.post("/api/services/number/set_value", {"entity_id": entity, "value": 0.9})

        kitchen.home.wait_for(entity, "0.9")


def test_all_of_it_is_unavailable_when_the_daemon_ends_and_comes_back_with_it(kitchen: House) -> None:
    with kitchen.daemon() as running:
        running.end(signal.SIGTERM)
        kitchen.wait_until_away(HEARD + DAEMON)

    with kitchen.daemon():
        kitchen.wait_until_there(HEARD + DAEMON)


def test_a_daemon_that_is_killed_is_unavailable_too(kitchen: House) -> None:
    with kitchen.daemon() as running:
        running.end(signal.SIGKILL)

        kitchen.wait_until_away(HEARD + DAEMON)


def test_without_a_microphone_only_what_it_hears_is_unavailable_and_the_problem_is_shown(
    kitchen: House,
) -> None:
    with kitchen.daemon():
        kitchen.vmic.pull_out()
        kitchen.wait_until_away(HEARD)
        kitchen.home.wait_for(full("binary_sensor.microphone"), "on")
        kitchen.wait_until_there(DAEMON)

        kitchen.vmic.plug_in()
        kitchen.wait_until_there(HEARD)
        kitchen.home.wait_for(full("binary_sensor.microphone"), "off")


def test_all_of_it_is_there_again_after_a_restart_of_home_assistant(kitchen: House) -> None:
    with kitchen.daemon() as running:
        kitchen.say("7")
        kitchen.home.wait_for(full("sensor.last_keyword"), "7")
        before = kitchen.device()["id"]

        kitchen.home.stop()
        kitchen.home.start()

        kitchen.wait_until_there(HEARD + DAEMON)
        assert kitchen.device()["id"] == before
        assert kitchen.home.state(full("sensor.last_keyword")) == "7"
        with kitchen.automated(recipes("README.md")[1]) as lamp:
            kitchen.say("7")
            lamp.wait_for_count(1)
        assert running.process.poll() is None


def test_it_is_gone_when_it_is_forgotten(kitchen: House) -> None:
    with kitchen.daemon() as running:
        running.end(signal.SIGTERM)
        assert kitchen.device()

        subprocess.run([*DIGITD, "forget", "-c", str(running.config)], check=True, stdout=subprocess.DEVNULL)

        kitchen.home.until(lambda: not kitchen.device(), "the device is gone")
