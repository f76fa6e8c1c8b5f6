"""What docs/recipes.md tells people to run, run as it stands there, apart from the port of the broker."""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digitd.demo.play import SPEECH
from digitd.publish.settings import MqttSettings
from integration.brokers import Broker, Listener, free_port
from integration.daemons import daemon
from integration.publishing import heard, kitchen

pytestmark = pytest.mark.broker

RECIPES = Path(__file__).parents[2] / "docs" / "recipes.md"
START_S = 60.0


def recipe(title: str, broker: Broker) -> str:
    """Return the first block of a section."""
    section = RECIPES.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2]
    block = re.search(r"(?:^ {4}.*\n|^\n(?=\n* {4}))+", section, re.MULTILINE)
    assert block is not None
    return textwrap.dedent(block[0]).strip().replace("1883", str(broker.port))


@contextmanager
def running(command: list[str] | str, folder: Path) -> Iterator[Path]:
    """Run a command, and yield the file that it writes to."""
    told = folder / "told"
    shell = isinstance(command, str)
    started = f"exec {command}" if isinstance(command, str) else command
    with told.open("wb") as output, subprocess.Popen(started, shell=shell, stdout=output) as process:
        try:
            yield told
        finally:
            process.terminate()


def line_of(told: Path, broker: Broker) -> str:
    """Let a seven be heard until a subscriber has something to say."""
    with kitchen(MqttSettings(port=broker.port)) as publisher:
        give_up_at = time.monotonic() + START_S
        while not (text := told.read_text()):
            assert time.monotonic() < give_up_at
            publisher.detection(heard("7"))
            time.sleep(0.2)
    return text.splitlines()[0]


def test_a_terminal_shows_the_room_and_the_digit(broker: Broker, tmp_path: Path) -> None:
    if shutil.which("mosquitto_sub") is None:
        pytest.skip("mosquitto_sub missing: apt install mosquitto-clients")

    with running(recipe("A terminal", broker), tmp_path) as told:
        assert line_of(told, broker) == "digitd/kitchen/keyword 7"


def test_ten_lines_of_python_show_how_sure_it_is(broker: Broker, tmp_path: Path) -> None:
    program = recipe("Python", broker)

    with running([sys.executable, "-c", program], tmp_path) as told:
        assert line_of(told, broker) == "kitchen: 7, 100% sure"


def test_node_red_turns_the_lamp_on(broker: Broker, tmp_path: Path) -> None:
    if shutil.which("node-red") is None:
        pytest.skip("node-red missing: npm install -g node-red")
    (tmp_path / "flows.json").write_text(recipe("Node-RED", broker))
    command = ["node-red", "--userDir", str(tmp_path), "--port", str(free_port()), "flows.json"]

    with (
        Listener(broker.port, "lamps/kitchen/set") as lamp,
        running(command, tmp_path) as told,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        give_up_at = time.monotonic() + START_S
        while "Connected to broker" not in told.read_text():
            assert time.monotonic() < give_up_at, told.read_text()
            time.sleep(0.1)
        time.sleep(0.5)  # it tells of the connection before it subscribes
        publisher.detection(heard("1"))
        publisher.detection(heard("7"))

        lamp.wait_for([("set", "ON")])


def test_openhab_is_sent_to_topics_that_there_are(broker: Broker, tmp_path: Path) -> None:
    lines = recipe("openHAB", broker).splitlines()
    thing, keyword, mute = (
        next(dict(re.findall(r'(\w+)="(.*?)"', line)) for line in lines if name in line)
        for name in ("Thing topic", ": keyword", ": mute")
    )

    with (
        Listener(broker.port, thing["availabilityTopic"]) as availability,
        Listener(broker.port, keyword["stateTopic"]) as digits,
        Listener(broker.port, mute["stateTopic"]) as switch,
        daemon(tmp_path, os.environ, broker.port, source="files", files=[str(SPEECH)] * 5),
    ):
        availability.wait_for([("availability", thing["payloadAvailable"])])
        digits.wait_for_count(1)
        switch.say(mute["commandTopic"], mute["on"].encode())
        switch.wait_until_latest(mute["on"])
