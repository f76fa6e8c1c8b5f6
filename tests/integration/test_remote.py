"""The daemon does what is asked of it over MQTT, and answers."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.brokers import Broker, Listener
from integration.daemons import Daemon, daemon, retained
from integration.speech import first_words
from integration.virtual_microphone import VirtualMicrophone

pytestmark = [pytest.mark.broker, pytest.mark.microphone]

SITE = "digitd/kitchen"


@pytest.fixture
def running(vmic: VirtualMicrophone, broker: Broker, tmp_path: Path) -> Iterator[Daemon]:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running:
        running.wait_for("listening")
        running.wait_for("broker connected")
        yield running


@pytest.fixture
def word(tmp_path: Path) -> Path:
    """Return the first word of the demo's recording as a WAV file."""
    first_words(1, tmp_path / "word.wav")
    return tmp_path / "word.wav"


def answer(broker: Broker, verb: str, payload: str = '{"transaction": "t1"}') -> dict[str, Any]:
    with Listener(broker.port, f"{SITE}/response/{verb}") as listener:
        listener.say(f"{SITE}/request/{verb}", payload.encode())
        listener.wait_for_count(1)
    told: dict[str, Any] = json.loads(listener.heard()[0][1])
    return told


def order(broker: Broker, topic: str, payload: str, state: str) -> None:
    """Ask for something, and wait until the daemon says that it is so."""
    with Listener(broker.port, f"{SITE}/{topic}") as listener:
        listener.wait_for_count(1)
        listener.say(f"{SITE}/{topic}/set", payload.encode())
        listener.wait_for_count(2)
    assert listener.heard()[-1][1] == state


def test_while_it_is_muted_it_publishes_nothing(
    vmic: VirtualMicrophone, broker: Broker, running: Daemon, word: Path
) -> None:
    order(broker, "mute", "ON", "ON")
    with Listener(broker.port, f"{SITE}/keyword") as listener:
        vmic.play(word)
        order(broker, "mute", "OFF", "OFF")
        vmic.play(word)
        listener.wait_for([("keyword", "8")])

    assert answer(broker, "health")["data"]["counters"]["ignored"]["muted"] >= 1
    assert running.process.poll() is None


def test_orders_outlive_a_restart(vmic: VirtualMicrophone, broker: Broker, tmp_path: Path) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as first:
        first.wait_for("broker connected")
        first.wait_for("listening")
        for topic, payload in (("mute", "ON"), ("threshold", "0.9"), ("threshold/7", "0.95")):
            order(broker, topic, payload, payload)
        first.end(signal.SIGTERM)

    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as second:
        second.wait_for("broker connected")

        assert [retained(broker, topic) for topic in ("mute", "threshold", "threshold/7", "threshold/1")] == [
            "ON",
            "0.9",
            "0.95",
            "None",
        ]


def test_a_threshold_can_be_given_back_to_the_model(broker: Broker, running: Daemon) -> None:
    order(broker, "threshold", "0.9", "0.9")
    order(broker, "threshold", "None", "None")

    assert running.process.poll() is None


@pytest.mark.usefixtures("running")
def test_a_request_is_answered_under_its_transaction(broker: Broker) -> None:
    health, self_test = answer(broker, "health"), answer(broker, "self-test")

    assert (health["transaction"], health["status"]) == ("t1", "ok")
    assert health["data"]["state"] in {"listening", "silent"}
    assert (self_test["data"]["ok"], self_test["data"]["label"]) == (True, "4")


@pytest.mark.usefixtures("running")
def test_the_devices_there_are_can_be_asked_for(broker: Broker) -> None:
    assert {"vmic, ALSA", "vmic-twin, ALSA"} <= set(answer(broker, "devices")["data"])


def test_the_configuration_can_be_read_again(broker: Broker, running: Daemon) -> None:
    running.configure(decision={"threshold": 0.9}, audio={"device": "vmic", "block_ms": 10})
    done = answer(broker, "reload")

    running.configure(decision={"treshold": 0.9})
    refused = answer(broker, "reload")

    assert (done["status"], done["data"]["needs_restart"]) == ("ok", ["audio"])
    assert refused["status"] == "error"
    assert "(did you mean 'threshold'?)" in refused["error"]


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("topic", "payload", "answered", "error"),
    [
        ("mute/set", "perhaps", "mute", "must be ON or OFF"),
        ("threshold/set", "2", "threshold", "must be a number from 0.5 to 0.999, or None"),
        ("threshold/eleven/set", "0.9", "threshold", "no keyword 'eleven'"),
        ("request/fly", "", "fly", "nothing is known of 'fly'"),
        ("request/health", "{", "health", "must be a JSON object"),
    ],
)
def test_what_cannot_be_done_is_answered_and_changes_nothing(
    topic: str, payload: str, answered: str, error: str, broker: Broker
) -> None:
    before = retained(broker, "mute"), retained(broker, "threshold")

    with Listener(broker.port, f"{SITE}/response/{answered}") as listener:
        listener.say(f"{SITE}/{topic}", payload.encode())
        listener.wait_for_count(1)

    assert json.loads(listener.heard()[0][1])["error"].startswith(error)
    assert (retained(broker, "mute"), retained(broker, "threshold")) == before
