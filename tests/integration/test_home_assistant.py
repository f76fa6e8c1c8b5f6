"""Introducing ourselves, through a real broker, to who speaks like Home Assistant; and being forgotten."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import soundfile

from digitd.commands.introduction import own_topic
from digitd.config import Config
from digitd.demo.play import SPEECH
from digitd.publish.payload import Elsewhere
from digitd.publish.settings import MqttSettings
from integration.brokers import Broker, Listener, mosquitto
from integration.daemons import DIGITD, daemon
from integration.publishing import first_received, kitchen, until
from integration.virtual_microphone import VirtualMicrophone

pytestmark = pytest.mark.broker

STATUS = Elsewhere("homeassistant/status")
DISCOVERY = "homeassistant/device/+/config"
KITCHEN = Config(site="kitchen")


def test_what_is_elsewhere_is_neither_published_nor_heard_below_ours(broker: Broker) -> None:
    with (
        Listener(broker.port, "homeassistant/#") as listener,
        kitchen(MqttSettings(port=broker.port), STATUS, "homeassistant/status") as publisher,
    ):
        publisher.state(Elsewhere("homeassistant/device/x/config"), b"{}")
        listener.wait_for([("config", "{}")])

        listener.say("homeassistant/status", b"online")
        listener.say("digitd/kitchen/homeassistant/status", b"online")

        theirs, ours = first_received(publisher, count=2)
    assert isinstance(theirs.topic, Elsewhere)
    assert not isinstance(ours.topic, Elsewhere)


def test_a_state_is_repeated_when_asked_for(broker: Broker) -> None:
    with (
        Listener(broker.port, "digitd/kitchen/mute") as listener,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        publisher.state("mute", b"OFF")
        publisher.state("mute", b"OFF")
        listener.wait_for([("mute", "OFF")])

        publisher.repeat("mute")

        listener.wait_for([("mute", "OFF"), ("mute", "OFF")])


def test_a_refusal_elsewhere_is_told_by_the_topic_in_full(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic readwrite digitd/#\n")
    with (
        mosquitto(tmp_path, acl_file=str(tmp_path / "acl")) as broker,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        publisher.state(Elsewhere("homeassistant/device/x/config"), b"{}")

        assert until(lambda: " homeassistant/device/x/config" in str(publisher.trouble))


@pytest.mark.microphone
def test_home_assistant_is_told_at_once_and_again_when_it_starts(
    vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    with (
        Listener(broker.port, DISCOVERY) as home,
        daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running,
    ):
        running.wait_for("listening")
        home.wait_for_count(1)
        assert introduced(home)["device"]["name"] == "digitd kitchen"

        born_at = time.monotonic()
        home.say("homeassistant/status", b"online")
        home.wait_for_count(2, timeout_s=12.0)

    assert time.monotonic() - born_at >= 1.0
    assert home.messages[1].payload == home.messages[0].payload


@pytest.mark.microphone
def test_a_broker_that_lost_everything_is_told_again(
    vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running:
        running.wait_for("broker connected")
        broker.restart()

        with Listener(broker.port, DISCOVERY) as home:
            home.wait_for_count(1, timeout_s=15.0)

    assert introduced(home)["device"]["manufacturer"] == "digitd"


def test_who_does_not_want_it_says_nothing_there_and_is_told_how_to_clear_what_was_said(
    said: dict[str, Any], broker: Broker, tmp_path: Path
) -> None:
    with Listener(broker.port, "homeassistant/#") as home:
        done = digitd("run", tmp_path, {**said, "home_assistant": {"enabled": False}})

    assert home.heard() == []
    assert (
        "not introduced to home assistant cure='`digitd forget` clears what was said before'" in done.stderr
    )


def test_nothing_is_kept_of_a_daemon_that_is_forgotten(
    said: dict[str, Any], broker: Broker, tmp_path: Path
) -> None:
    digitd("run", tmp_path, said)
    before = retained(broker, "#")

    done = digitd("forget", tmp_path, said)

    assert {"digitd/kitchen/last", "digitd/kitchen/threshold/7", own_topic(KITCHEN)} <= before
    assert {line.removeprefix("cleared  ") for line in done.stdout.splitlines()} >= before
    assert retained(broker, "#") == set()


def test_what_nobody_knows_of_is_forgotten_too(said: dict[str, Any], broker: Broker, tmp_path: Path) -> None:
    with Listener(broker.port, "#") as listener:
        listener.say("digitd/kitchen/mute/set", b"ON", retain=True)
        listener.wait_for_count(1)

    done = digitd("forget", tmp_path, said)

    assert "cleared  digitd/kitchen/mute/set" in done.stdout
    assert retained(broker, "#") == set()


def test_a_daemon_that_may_only_write_is_forgotten_too(said: dict[str, Any], tmp_path: Path) -> None:
    access = [f"topic write {topic}" for topic in ("digitd/#", "homeassistant/#")]
    (tmp_path / "acl").write_text("\n".join([*access, "user reader", "topic read #", ""]))
    with mosquitto(tmp_path, acl_file=str(tmp_path / "acl")) as broker:
        digitd("run", tmp_path, with_broker(said, broker))
        assert retained(broker, "#", "reader")

        digitd("forget", tmp_path, with_broker(said, broker))

        assert retained(broker, "#", "reader") == set()


def test_only_the_place_in_question_is_forgotten(
    said: dict[str, Any], broker: Broker, tmp_path: Path
) -> None:
    digitd("run", tmp_path, {**said, "site": "bath"})
    bath = retained(broker, "#")
    digitd("run", tmp_path, said)

    digitd("forget", tmp_path, said)

    assert retained(broker, "#") == bath


@pytest.mark.microphone
def test_a_daemon_that_still_runs_is_told_of(vmic: VirtualMicrophone, broker: Broker, tmp_path: Path) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running:
        running.wait_for("listening")
        running.wait_for("broker connected")

        done = subprocess.run(
            [*DIGITD, "forget", "-c", str(running.config)], capture_output=True, text=True, check=True
        )

    assert "a daemon seems to run there" in done.stdout


def test_a_broker_that_does_not_let_go_is_told(said: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("topic read #\nuser keeper\ntopic readwrite #\n")
    with mosquitto(tmp_path, acl_file=str(tmp_path / "acl")) as broker:
        keeper = MqttSettings(port=broker.port, username="keeper")
        with kitchen(keeper) as publisher:
            publisher.microphone(online=True)
            assert until(lambda: retained(broker, "#") >= {"digitd/kitchen/microphone"})

        done = digitd("forget", tmp_path, with_broker(said, broker))

    assert done.returncode == 69
    assert "digitd/kitchen/microphone" in done.stderr
    assert "does its access control list let us publish there?" in done.stderr


@pytest.fixture
def said(broker: Broker, tmp_path: Path) -> dict[str, Any]:
    """Return a configuration of a daemon that hears two digits and ends."""
    samples, rate_hz = soundfile.read(SPEECH, frames=3 * 16000, dtype="int16")
    soundfile.write(tmp_path / "words.wav", samples, rate_hz)
    audio = {"source": "files", "files": [str(tmp_path / "words.wav")], "realtime": False}
    return with_broker({"site": "kitchen", "audio": audio}, broker)


def with_broker(config: dict[str, Any], broker: Broker) -> dict[str, Any]:
    return {**config, "mqtt": {"host": "127.0.0.1", "port": broker.port}}


def digitd(command: str, folder: Path, config: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run a command until it ends."""
    path = folder / "config.yaml"
    path.write_text(json.dumps(config))
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    return subprocess.run(
        [*DIGITD, command, "-c", str(path)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def retained(broker: Broker, topic: str, user: str = "") -> set[str]:
    """Return the topics on which the broker keeps something."""
    with Listener(broker.port, topic, user) as listener:
        time.sleep(0.3)
    return {message.topic for message in listener.messages if message.retain}


def introduced(home: Listener) -> dict[str, Any]:
    """Return the latest that Home Assistant was told."""
    told: dict[str, Any] = json.loads(home.messages[-1].payload)
    return told
