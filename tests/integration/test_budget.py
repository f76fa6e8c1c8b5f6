"""A budget of false accepts through the real microphone, broker and a restart."""

import json
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import MQTTMessage

from integration.brokers import Broker, Listener
from integration.daemons import Daemon, daemon
from integration.speech import one_word
from integration.virtual_microphone import VirtualMicrophone

pytestmark = [pytest.mark.broker, pytest.mark.microphone]

SITE = "digitd/kitchen"
ALWAYS = {"decision": {"false_accepts_per_day": 1, "nobody_speaks": ["00:00-00:00"]}}
NEVER = {"decision": {"false_accepts_per_day": 1}}


@pytest.fixture(scope="module")
def word(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an 8 of the demo's recording that the strictest threshold holds back."""
    path = tmp_path_factory.mktemp("word") / "word.wav"
    one_word(18, path)
    return path


@pytest.fixture
def listener(broker: Broker) -> Iterator[Listener]:
    with Listener(broker.port, f"{SITE}/#") as listening:
        yield listening


def test_what_was_not_meant_again_and_again_is_held_back_and_so_it_is_after_a_restart(
    vmic: VirtualMicrophone, broker: Broker, listener: Listener, word: Path, tmp_path: Path
) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, NEVER, device="vmic") as first:
        ready(first)
        answers = []
        while not is_held_back(listener, vmic, word):
            answers.append(asked(listener, "not-me")["data"])
            assert len(answers) < 8
        told = asked(listener, "budget")["data"]
        first.end(signal.SIGTERM)

    with daemon(tmp_path, vmic.environment, broker.port, NEVER, device="vmic") as second:
        ready(second)
        kept = asked(listener, "budget")["data"]
        state = json.loads(payloads(listener, "budget")[-1])
        second.end(signal.SIGTERM)

    assert {(answer["keyword"], answer["counted_before"]) for answer in answers} == {("8", False)}
    assert (told["reported"], told["hours"], told["at_most_per_day"]) == (len(answers), 0.0, None)
    assert told["thresholds"]["8"] > 0.9
    assert told == kept == state
    assert keywords(listener) == ["8"] * len(answers)


def test_while_muted_it_counts_and_says_nothing_of_what_it_heard(
    vmic: VirtualMicrophone, broker: Broker, listener: Listener, word: Path, tmp_path: Path
) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, NEVER, device="vmic") as running:
        ready(running)
        listener.say(f"{SITE}/mute/set", b"ON")
        wait_until(lambda: payloads(listener, "mute")[-1:] == ["ON"])
        vmic.play(word)
        wait_until(lambda: asked(listener, "health")["data"]["counters"]["ignored"].get("muted") == 1)
        before = asked(listener, "budget")["data"]
        listener.say(f"{SITE}/mute/set", b"OFF")
        told = wait_for_budget(listener, counted=1)

    assert before["counted"] == 0
    assert keywords(listener) == []
    assert '"8"' not in json.dumps({**told, "thresholds": {}})


def test_in_hours_in_which_nobody_speaks_each_is_a_false_accept_and_is_told_at_once(
    vmic: VirtualMicrophone, broker: Broker, listener: Listener, word: Path, tmp_path: Path
) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, ALWAYS, device="vmic") as running:
        ready(running)
        vmic.play(word)
        told = wait_for_budget(listener, counted=1)
        denied = asked(listener, "not-me")["data"]
        running.configure(decision={})
        asked(listener, "reload")
        refused = asked(listener, "not-me")

    assert (told["state"], told["reported"]) == ("too early to say", 0)
    assert told["at_most_per_day"] > 1
    assert denied["counted_before"]
    assert "decision.false_accepts_per_day sets one" in refused["error"]
    assert payloads(listener, "budget")[-1] == ""


def ready(running: Daemon) -> None:
    running.wait_for("listening")
    running.wait_for("broker connected")


def is_held_back(listener: Listener, vmic: VirtualMicrophone, word: Path) -> bool:
    """Say the word, and return whether it is not acted on for the budget's sake."""
    heard = len(keywords(listener))
    vmic.play(word)
    wait_until(lambda: len(keywords(listener)) > heard or held_back(listener) > 0)
    return len(keywords(listener)) == heard


def held_back(listener: Listener) -> int:
    health = asked(listener, "health")["data"]
    return int(health["counters"]["ignored"].get("below the budget's threshold", 0))


def wait_until(condition: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def asked(listener: Listener, verb: str) -> Mapping[str, Any]:
    """Ask for something and return the answer."""
    before = len(payloads(listener, f"response/{verb}"))
    listener.say(f"{SITE}/request/{verb}", b"{}")
    wait_until(lambda: len(payloads(listener, f"response/{verb}")) > before)
    answer: Mapping[str, Any] = json.loads(payloads(listener, f"response/{verb}")[-1])
    return answer


def wait_for_budget(listener: Listener, counted: int) -> Mapping[str, Any]:
    """Wait until so many are counted, and return what is told then."""

    def told() -> Mapping[str, Any]:
        latest: Mapping[str, Any] = json.loads(payloads(listener, "budget")[-1] or "{}")
        return latest

    wait_until(lambda: told().get("counted") == counted)
    return told()


def keywords(listener: Listener) -> list[str]:
    return payloads(listener, "keyword")


def payloads(listener: Listener, topic: str) -> list[str]:
    return [text(message) for message in listener.messages if message.topic == f"{SITE}/{topic}"]


def text(message: MQTTMessage) -> str:
    return message.payload.decode()
