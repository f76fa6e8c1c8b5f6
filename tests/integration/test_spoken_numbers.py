"""Digits said in a row: speech -> `digitd run` -> mosquitto -> subscriber, and who hears of a secret."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from digitd.demo.play import SPEECH, TRUTH
from integration.brokers import Broker, Listener
from integration.daemons import DIGITD

pytestmark = pytest.mark.broker

WORDS = 5
GAP_S = 1.5
"""The demo's speaker pauses for long."""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the first words of the demo's recording and a pause, and which digits they are."""
    words = json.loads(TRUTH.read_text())[:WORDS]
    samples, rate_hz = soundfile.read(SPEECH, dtype="int16")
    path = tmp_path_factory.mktemp("speech") / "words.wav"
    soundfile.write(path, samples[: round((words[-1]["offset_s"] + 0.5) * rate_hz)], rate_hz)
    return path, "".join(word["keyword"] for word in words)


def run(recording: Path, broker: Broker, folder: Path, **numbers: Any) -> str:  # noqa: ANN401 - settings
    """Run the daemon over a recording; return its log."""
    settings = {
        "site": "kitchen",
        "audio": {"source": "files", "files": [str(recording)]},
        "mqtt": {"host": "127.0.0.1", "port": broker.port},
        "numbers": {"enabled": True, "gap_s": GAP_S, **numbers},
        "log": {"level": "debug"},
    }
    config = folder / "digitd.yaml"
    config.write_text(json.dumps(settings))
    clean = {name: value for name, value in os.environ.items() if name != "DIGITD_CONFIG"}
    done = subprocess.run(
        [*DIGITD, "run", "-c", str(config)],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return done.stderr


@pytest.fixture
def kitchen(broker: Broker) -> Iterator[Listener]:
    with Listener(broker.port, "digitd/kitchen/#") as listener:
        yield listener


def by_topic(listener: Listener) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for message in listener.messages:
        topic = message.topic.removeprefix("digitd/kitchen/")
        found.setdefault(topic, []).append(message.payload.decode())
    return found


def test_digits_in_a_row_are_a_number_and_still_go_out_at_once(
    spoken: tuple[Path, str], broker: Broker, kitchen: Listener, tmp_path: Path
) -> None:
    recording, digits = spoken

    log = run(recording, broker, tmp_path)

    told = by_topic(kitchen)
    (number,) = map(json.loads, told["number"])
    assert (number["number"], number["value"]) == (digits, int(digits))
    assert told["keyword"] == list(digits)
    assert f" number value={digits} digits={WORDS} confidence=" in log


def test_digits_may_go_out_in_numbers_only(
    spoken: tuple[Path, str], broker: Broker, kitchen: Listener, tmp_path: Path
) -> None:
    recording, digits = spoken

    run(recording, broker, tmp_path, only=True)

    told = by_topic(kitchen)
    assert [json.loads(number)["number"] for number in told["number"]] == [digits]
    assert not told.keys() & {"keyword", "event", "last"}


def test_a_number_that_is_not_expected_is_told_with_what_was_heard(
    spoken: tuple[Path, str], broker: Broker, kitchen: Listener, tmp_path: Path
) -> None:
    recording, digits = spoken

    log = run(recording, broker, tmp_path, grammars={"channel": {"longest": 2}})

    (rejected,) = map(json.loads, by_topic(kitchen)["number/rejected"])
    assert rejected["reason"] == "no such number is expected"
    assert [part["keyword"] for part in rejected["heard"]] == list(digits)
    assert f"number rejected reason='no such number is expected' heard='{' '.join(digits)}'" in log


@pytest.mark.parametrize("length", [WORDS - 1, WORDS - 2], ids=["the secret", "a part of it"])
def test_a_secret_is_told_on_its_topic_and_nowhere_else(
    length: int, spoken: tuple[Path, str], broker: Broker, kitchen: Listener, tmp_path: Path
) -> None:
    recording, said = spoken
    digits = said[1:]
    pin = {"shortest": length, "longest": length, "after": said[0], "secret": True}

    log = run(recording, broker, tmp_path, only=True, grammars={"pin": pin, "any": {}})

    told = by_topic(kitchen)
    numbers = [json.loads(number)["number"] for number in told.pop("number/secret", [])]
    assert numbers == ([digits] if length == len(digits) else [])
    assert not told.keys() & {"keyword", "event", "last", "number"}
    assert not any(json.loads(rejected)["heard"] for rejected in told.pop("number/rejected", []))
    counted = [json.loads(health)["counters"]["heard"] for health in told["health"]]
    assert all(counters.keys() <= {"*"} for counters in counted)
    assert Counter(keywords(log)) == {"*": WORDS}
    assert digits not in log
    assert not [message for message in kitchen.messages if message.retain]


def keywords(log: str) -> Iterator[str]:
    for line in log.splitlines():
        for field in line.split():
            if field.startswith(("keyword=", "label=")):
                yield field.partition("=")[2]
