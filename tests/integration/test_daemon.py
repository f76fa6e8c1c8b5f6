"""The process as a process: virtual microphone -> PortAudio -> `digitd run` -> mosquitto -> subscriber."""

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from integration.brokers import Broker, Listener, free_port
from integration.daemons import DIGITD, daemon, retained
from integration.speech import first_words
from integration.virtual_microphone import VirtualMicrophone, virtual_microphone

pytestmark = [pytest.mark.broker, pytest.mark.microphone]

WORDS = 5


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """Return the first words of the demo's recording as a WAV file, and what they are."""
    path = tmp_path_factory.mktemp("speech") / "words.wav"
    return path, first_words(WORDS, path)


def wait_until_microphone(broker: Broker, payload: str) -> None:
    with Listener(broker.port, "digitd/kitchen/microphone") as listener:
        listener.wait_until_latest(payload, timeout_s=30)


def health(broker: Broker) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(retained(broker, "health"))
    return told


@pytest.mark.parametrize("device_hz", [8000, 16000, 44100, 48000])
def test_what_is_said_to_a_microphone_of_any_rate_reaches_the_subscriber(
    device_hz: int,
    speech: tuple[Path, list[str]],
    broker: Broker,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    recording, said = speech

    with (
        virtual_microphone(tmp_path_factory.mktemp("vmic"), device_hz) as vmic,
        Listener(broker.port, "digitd/kitchen/keyword") as listener,
        daemon(tmp_path, vmic.environment, broker.port, device="vmic", rate_hz=device_hz) as running,
    ):
        running.wait_for("listening")
        vmic.play(recording)
        listener.wait_for([("keyword", keyword) for keyword in said])


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_a_second_with_offline_said(
    kind: signal.Signals, vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running:
        running.wait_for("listening")
        running.wait_for("broker connected")
        online = retained(broker, "availability"), retained(broker, "microphone")

        took_s = running.end(kind)

    assert online == ("online", "online")
    assert (running.process.returncode, took_s < 1) == (0, True)
    assert (retained(broker, "availability"), retained(broker, "microphone")) == ("offline", "offline")


def test_a_signal_ends_it_within_a_second_without_a_broker(vmic: VirtualMicrophone, tmp_path: Path) -> None:
    with daemon(tmp_path, vmic.environment, free_port(), device="vmic") as running:
        running.wait_for("listening")

        took_s = running.end(signal.SIGTERM)

    assert (running.process.returncode, took_s < 1) == (0, True)


def test_a_microphone_that_is_unplugged_is_told_and_opened_again_when_it_is_back(
    speech: tuple[Path, list[str]], broker: Broker, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    recording, said = speech

    with (
        virtual_microphone(tmp_path_factory.mktemp("vmic"), 16000) as vmic,
        Listener(broker.port, "digitd/kitchen/keyword") as listener,
        daemon(tmp_path, vmic.environment, broker.port, device="vmic", lost_after_s=1.0) as running,
    ):
        running.wait_for("listening")
        running.wait_for("broker connected")
        vmic.pull_out()
        running.wait_for("state=lost")
        running.wait_for("microphone not there, waiting for it")
        wait_until_microphone(broker, "offline")
        lost = health(broker)["state"]
        vmic.plug_in()
        running.wait_for("state=listening")
        wait_until_microphone(broker, "online")
        found = health(broker)["state"]
        vmic.play(recording)

        listener.wait_for([("keyword", keyword) for keyword in said])

    assert (lost, found) == ("lost", "listening")


def test_a_sound_server_that_hangs_ends_the_process_so_that_a_new_one_may_help(
    broker: Broker, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        virtual_microphone(tmp_path_factory.mktemp("vmic"), 16000) as vmic,
        daemon(tmp_path, vmic.environment, broker.port, device="vmic", lost_after_s=1.0) as running,
    ):
        running.wait_for("listening")
        running.wait_for("broker connected")

        vmic.server.send_signal(signal.SIGSTOP)
        running.process.wait(timeout=20)

    assert running.process.returncode == 69
    assert "digitd: microphone 'vmic': PortAudio hangs" in running.log.read_text()
    assert retained(broker, "microphone") == "offline"


def test_a_muted_microphone_is_told(vmic: VirtualMicrophone, broker: Broker, tmp_path: Path) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic", silent_after_s=1.0) as running:
        running.wait_for("broker connected")
        running.wait_for("state=silent")

        wait_until_microphone(broker, "offline")
        assert health(broker)["reason"] == "the same value for 1 s: is the microphone muted, or dead?"


def test_health_tells_that_the_canary_came_through_and_back_from_the_broker(
    vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    with (
        Listener(broker.port, "digitd/kitchen/canary") as listener,
        daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running,
    ):
        running.wait_for("listening")
        listener.wait_for_count(1)
        running.end(signal.SIGTERM)

    canary = json.loads(listener.heard()[0][1])
    assert (canary["ok"], canary["label"]) == (True, "4")
    assert health(broker)["canary"]["ok"] is True


def test_it_introduces_itself(vmic: VirtualMicrophone, broker: Broker, tmp_path: Path) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running:
        running.wait_for("broker connected")
        info = json.loads(retained(broker, "info"))

    assert info["versions"].keys() >= {"digitd", "model", "python"}
    assert info["config"]["audio"]["device"] == "vmic"
    assert info["config_schema"]["$defs"]["AudioSettings"]["properties"]["device"]["description"]


def test_the_fleet_is_listed(vmic: VirtualMicrophone, broker: Broker, tmp_path: Path) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running:
        running.wait_for("broker connected")
        running.wait_for("listening")

        done = subprocess.run(
            [*DIGITD, "fleet", "-c", str(running.config), "--format", "jsonl"],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )

    (room,) = map(json.loads, done.stdout.splitlines())
    assert (room["site"], room["availability"], room["microphone"]) == ("kitchen", "online", "online")
    assert room["version"]


def test_a_signal_makes_it_read_its_configuration_again(
    vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running:
        running.wait_for("listening")

        running.configure(decision={"threshold": 0.999}, mqtt={"host": "elsewhere"})
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("configuration reloaded")
        running.wait_for("these settings refuse a clear digit")
        running.wait_for("configuration needs a restart sections=mqtt")


def test_a_wrong_configuration_is_refused_and_the_old_one_stays(
    speech: tuple[Path, list[str]], vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    recording, said = speech
    with (
        Listener(broker.port, "digitd/kitchen/keyword") as listener,
        daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running,
    ):
        running.wait_for("listening")

        running.configure(decision={"treshold": 0.9})
        running.process.send_signal(signal.SIGHUP)
        running.wait_for("configuration refused, the old one stays")
        running.wait_for("(did you mean 'threshold'?)")
        vmic.play(recording)

        listener.wait_for([("keyword", keyword) for keyword in said])


def test_a_microphone_that_is_not_there_yet_is_waited_for(
    broker: Broker, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with virtual_microphone(tmp_path_factory.mktemp("vmic"), 16000) as vmic:
        vmic.pull_out()
        with daemon(tmp_path, vmic.environment, broker.port, device="vmic", lost_after_s=1.0) as running:
            running.wait_for("microphone not there, waiting for it")
            wait_until_microphone(broker, "offline")

            vmic.plug_in()

            wait_until_microphone(broker, "online")


def test_which_microphones_there_are_is_told_where_the_one_that_is_wanted_is_not(
    vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="bathroom") as running:
        running.wait_for("microphone not there, waiting for it")

        assert "microphone 'bathroom' is not there: 'vmic, ALSA'" in running.log.read_text()


def test_the_log_of_a_quiet_stretch_is_a_few_lines(
    vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    with daemon(tmp_path, vmic.environment, broker.port, device="vmic") as running:
        running.wait_for("listening")
        running.wait_for("broker connected")
        running.end(signal.SIGTERM)

    events = [line for line in running.log.read_text().splitlines() if line[:4].isdigit()]
    told = [line.split()[2] for line in events]
    assert (told[0], told[-1]) == ("starting", "stopping")
    assert sorted(told[1:-1]) == ["broker", "listening", "opened"]


def test_recordings_may_stand_in_for_the_microphone(
    speech: tuple[Path, list[str]], broker: Broker, tmp_path: Path
) -> None:
    recording, said = speech
    config = tmp_path / "config.yaml"
    config.write_text(
        f"site: kitchen\naudio: {{source: files, files: ['{recording}']}}\n"
        f"mqtt: {{host: 127.0.0.1, port: {broker.port}}}\n"
    )

    with Listener(broker.port, "digitd/kitchen/keyword") as listener:
        subprocess.run([*DIGITD, "run"], cwd=tmp_path, env=clean(), check=True, timeout=30)

        listener.wait_for([("keyword", keyword) for keyword in said])


def test_check_finds_microphone_and_broker(vmic: VirtualMicrophone, broker: Broker, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"audio: {{device: vmic}}\nmqtt: {{host: 127.0.0.1, port: {broker.port}}}\n")

    done = subprocess.run(
        [*DIGITD, "check", "-c", str(config)],
        env=vmic.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    told = [line.split()[:2] for line in done.stdout.splitlines()]
    assert told == [["config", "ok"], ["model", "ok"], ["microphone", "ok"], ["broker", "ok"]]
    assert "'vmic', but it gives only zeros: is it muted?" in done.stdout
    assert done.stdout.rstrip().endswith("lets us in, MQTT 5")
    assert done.returncode == 0


def test_devices_are_listed_by_the_names_that_the_configuration_takes(vmic: VirtualMicrophone) -> None:
    done = subprocess.run(
        [*DIGITD, "devices"], env=vmic.environment, capture_output=True, text=True, check=True, timeout=30
    )

    assert {"vmic, ALSA", "vmic-twin, ALSA"} <= {line.partition("  ")[0] for line in done.stdout.splitlines()}


def clean() -> dict[str, str]:
    """Return our environment without what would name a configuration."""
    return {name: value for name, value in os.environ.items() if name != "DIGITD_CONFIG"}
