"""The wheel in an emulated 64-bit Raspberry Pi's userland hears what it hears on a PC."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import soundfile

from arm64.raspberry_pi import (
    BOOKWORM,
    TRIXIE,
    RaspberryPi,
    Release,
    emulation,
    raspberry_pi,
    seen_through,
    skip_without_what_it_takes,
)
from digitd.demo.play import SPEECH, TRUTH
from integration.brokers import Broker, Listener, mosquitto
from integration.daemons import DIGITD
from integration.virtual_microphone import VirtualMicrophone, virtual_microphone

pytestmark = pytest.mark.arm64

WORDS = 5

PATIENCE_S = 300.0
"""Emulation takes 30 times as long, on a machine that may do other things, too."""

TOO_SLOW = "the machine is too slow"
"""The one complaint that is right about an emulated machine."""

CONFIDENCE_TOLERANCE = 0.01
"""Twice the largest difference that was seen, 0.005 in one digit of thirty: other kernels round stage two's
floating point otherwise."""


@pytest.fixture(scope="module", params=[BOOKWORM, TRIXIE], ids=lambda release: release.suite)
def pi(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RaspberryPi]:
    skip_without_what_it_takes()
    release: Release = request.param
    with emulation():
        running = raspberry_pi(release, tmp_path_factory.mktemp(release.suite))
        yield running
        shutil.rmtree(running.site)  # 140 MB, which pytest would keep


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with mosquitto(tmp_path) as running:
        yield running


@pytest.fixture
def vmic(pi: RaspberryPi) -> Iterator[VirtualMicrophone]:
    folder = pi.shared / "vmic"
    folder.mkdir(exist_ok=True)
    with virtual_microphone(folder, rate_hz=16000) as running:
        yield running


def configured(pi: RaspberryPi, broker: Broker) -> Path:
    path = pi.shared / "config.yaml"
    settings = {
        "site": "kitchen",
        "audio": {"device": "vmic", "ring_s": 60},
        "mqtt": {"host": "127.0.0.1", "port": broker.port, "expires_s": PATIENCE_S},
    }
    path.write_text(json.dumps(settings))
    return path


def told(command: list[str], environment: dict[str, str] | None = None) -> list[dict[str, Any]]:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def apart(utterance: dict[str, Any]) -> tuple[dict[str, Any], dict[str, float]]:
    """Part what is the same everywhere from what is computed in floating point."""
    computed = {"confidence": utterance["confidence"], **utterance["scores"]}
    return {key: utterance[key] for key in utterance.keys() - {"confidence", "scores"}}, computed


def test_check_finds_model_microphone_and_broker(
    pi: RaspberryPi, vmic: VirtualMicrophone, broker: Broker
) -> None:
    done = subprocess.run(
        pi.digitd("check", "-c", str(configured(pi, broker))),
        env=pi.environment(**seen_through(vmic.environment)),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )

    told = dict(line.split(maxsplit=1) for line in done.stdout.splitlines())
    assert told.keys() == {"config", "model", "microphone", "broker"}, done
    assert TOO_SLOW in told["model"] or "both stages, self-test passed" in told["model"]
    assert [told[name].split()[0] for name in ("config", "microphone", "broker")] == ["ok"] * 3


def test_recordings_are_heard_as_on_a_pc(pi: RaspberryPi) -> None:
    speech = Path(shutil.copy(SPEECH, pi.shared))
    arguments = ["detect", "--all", "--format", "jsonl", str(speech)]

    there, here = told(pi.digitd(*arguments), pi.environment()), told([*DIGITD, *arguments])

    assert len(there) == len(json.loads(TRUTH.read_text()))
    for ours, theirs in zip(map(apart, there), map(apart, here), strict=True):
        assert ours[0] == theirs[0]
        assert ours[1] == pytest.approx(theirs[1], abs=CONFIDENCE_TOLERANCE)


def test_what_is_said_to_its_microphone_reaches_the_subscriber(
    pi: RaspberryPi, vmic: VirtualMicrophone, broker: Broker
) -> None:
    words = json.loads(TRUTH.read_text())[:WORDS]
    recording = pi.shared / "words.wav"
    samples, rate_hz = soundfile.read(SPEECH, dtype="int16")
    soundfile.write(recording, samples[: round((words[-1]["offset_s"] + 0.5) * rate_hz)], rate_hz)
    command = pi.digitd("run", "-c", str(configured(pi, broker)))

    with (
        Listener(broker.port, "digitd/kitchen/microphone") as microphone,
        Listener(broker.port, "digitd/kitchen/keyword") as keyword,
        subprocess.Popen(command, env=pi.environment(**seen_through(vmic.environment))) as running,
    ):
        microphone.wait_for([("microphone", "online")], PATIENCE_S)
        vmic.play(recording)
        keyword.wait_for([("keyword", word["keyword"]) for word in words], PATIENCE_S)
        running.terminate()
        running.wait(PATIENCE_S)

    assert running.returncode == 0
