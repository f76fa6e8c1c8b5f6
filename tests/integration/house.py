"""A house with a real Home Assistant: a broker, a lamp, and a kitchen with a microphone and the daemon."""

import json
import re
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from digitd.demo.play import SPEECH, TRUTH
from integration.brokers import Broker, Listener, mosquitto
from integration.daemons import Daemon, daemon
from integration.home_assistant import HomeAssistant, home_assistant
from integration.virtual_microphone import VirtualMicrophone, virtual_microphone

REPOSITORY = Path(__file__).parents[2]
PLACEHOLDER = "5f2c1b0a9d8e7c6b5a4938271605f4e3"
"""Stands for the device in an automation by trigger, as the editor would write it."""

MARGIN_S = 0.05
"""The recording has the noise of a room: on a microphone that was silent for a while it is a sound."""
PAUSE_S = 0.3
LAMP_TOPIC = "lamps/kitchen/set"
LAMP = {
    "name": "kitchen",
    "unique_id": "lamp",
    "default_entity_id": "light.kitchen",
    "schema": "json",
    "brightness": True,
    "command_topic": LAMP_TOPIC,
}
HEARD = ("event.keyword", "sensor.last_keyword")
NUMBERS = ("event.number", "event.rejected_number", "sensor.last_number")
DAEMON = (
    *("switch.mute", "number.threshold", "sensor.level", "sensor.onset_level"),
    *("binary_sensor.microphone", "binary_sensor.model", "binary_sensor.broker"),
)
AWAY = {"unavailable", "missing"}


@dataclass
class House:
    """Everything in it. Entities are called by kind and name alone, such as `switch.mute`.

    Attributes:
        home: The Home Assistant.
        broker: To which all are connected.
        vmic: The kitchen's microphone.
        folder: For the daemon's files.
    """

    home: HomeAssistant
    broker: Broker
    vmic: VirtualMicrophone
    folder: Path

    @contextmanager
    def daemon(self, entities: Iterable[str] = HEARD + DAEMON) -> Iterator[Daemon]:
        """Run a daemon that remembers nothing, and begin once Home Assistant shows what it hears."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        with daemon(
            self.folder, self.vmic.environment, self.broker.port, device="vmic", lost_after_s=1.0
        ) as running:
            running.wait_for("listening")
            self.wait_until_there(entities)
            yield running

    def say(self, digits: str) -> None:
        """Speak digits into the microphone, with the pauses of somebody who gives a number."""
        samples, rate_hz = soundfile.read(SPEECH, dtype="int16")
        spoken = {word["keyword"]: word for word in reversed(json.loads(TRUTH.read_text()))}
        sound = [np.zeros(round(PAUSE_S * rate_hz), np.int16)]
        for digit in digits:
            begin, end = spoken[digit]["onset_s"] - MARGIN_S, spoken[digit]["offset_s"] + MARGIN_S
            sound += [samples[round(begin * rate_hz) : round(end * rate_hz)], sound[0]]
        soundfile.write(self.folder / "said.wav", np.concatenate(sound), rate_hz)
        self.vmic.play(self.folder / "said.wav")

    def device(self) -> dict[str, Any]:
        """Return the daemon's device, or nothing where there is none."""
        devices = self.home.ask("config/device_registry/list")
        return next((device for device in devices if device["manufacturer"] == "digitd"), {})

    def states(self, entities: Iterable[str]) -> Mapping[str, str]:
        """Return what is shown."""
        return {entity: self.home.state(full(entity)) for entity in entities}

    def wait_until_there(self, entities: Iterable[str]) -> None:
        """Wait until none of these is unavailable."""
        self.home.until(lambda: not AWAY & {*self.states(entities).values()}, f"there are {entities}")

    def wait_until_away(self, entities: Iterable[str]) -> None:
        """Wait until all of these are unavailable."""
        self.home.until(
            lambda: set(self.states(entities).values()) == {"unavailable"}, f"{entities} unavailable"
        )

    @contextmanager
    def automated(self, recipe: str) -> Iterator[Listener]:
        """Let a recipe of automations be in force, and hear what the lamp is told."""
        self.home.write_recipe(recipe.replace(PLACEHOLDER, self.device()["id"]))
        self.home.post("/api/services/automation/reload", {})
        with Listener(self.broker.port, LAMP_TOPIC) as lamp:
            yield lamp
        self.home.write_recipe("{}")
        self.home.post("/api/services/automation/reload", {})


def full(entity: str) -> str:
    """Return an entity's id by its kind and name."""
    kind, _, name = entity.partition(".")
    return f"{kind}.digitd_kitchen_{name}"


def recipes(document: str) -> list[str]:
    """Return the automations that stand in a document, as they are written there."""
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    return [
        textwrap.dedent(block) for block in re.findall(r"^ {4}automation:\n(?: {4}.*\n)+", text, re.MULTILINE)
    ]


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Build it. Skips where there is no Home Assistant."""
    with (
        home_assistant() as home,
        mosquitto(folder, persistence="true") as broker,
        virtual_microphone(folder / "vmic", 16_000) as vmic,
    ):
        home.add_broker(broker.port)
        with Listener(broker.port, "homeassistant/#") as shop:
            shop.say("homeassistant/light/kitchen/config", json.dumps(LAMP).encode(), retain=True)
            shop.wait_for_count(1)
        home.wait_for("light.kitchen", "unknown", "off")
        yield House(home, broker, vmic, folder)
