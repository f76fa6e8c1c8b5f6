"""The broker's password is nowhere to be seen, wherever it comes from and whatever goes wrong with it."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from digitd.demo.play import SPEECH
from integration.brokers import Listener, mosquitto
from integration.daemons import DIGITD, Daemon, daemon

pytestmark = pytest.mark.broker

SECRET = "s3cret-of-the-kitchen"  # noqa: S105 - a test's password


def put(place: str, folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Put the password in its place; return what the configuration and the environment say of it."""
    match place:
        case "configuration":
            return {"password": SECRET}, {}
        case "environment":
            return {}, {"DIGITD_MQTT_PASSWORD": SECRET}
        case "file":
            (folder / "secret").write_text(SECRET)
            return {"password_file": str(folder / "secret")}, {}
        case _:
            (folder / "mqtt-password").write_text(SECRET)
            return {}, {"CREDENTIALS_DIRECTORY": str(folder)}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("configuration", SECRET),
        ("file", SECRET),
        ("environment", SECRET),
        ("credential", SECRET),
        ("configuration", "another one"),
    ],
)
def test_a_password_shows_nowhere_be_it_right_or_wrong(place: str, expected: str, tmp_path: Path) -> None:
    mqtt, environment = put(place, tmp_path)
    environment = {**os.environ, **environment}
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "digitd", expected], check=True)
    with mosquitto(tmp_path, password_file=str(passwords)) as broker:
        sections = {
            "mqtt": {"host": "127.0.0.1", "port": broker.port, "username": "digitd", **mqtt},
            "log": {"level": "debug"},
        }
        with (
            Listener(broker.port, "#") as listener,
            daemon(
                tmp_path, environment, broker.port, sections, source="files", files=[str(SPEECH)]
            ) as running,
        ):
            running.wait_for("heard")
            reload_wrongly(running)
            running.wait_for("configuration refused")
            running.end(signal.SIGTERM)

        check = [*DIGITD, "check", "-c", str(running.config)]
        checked = subprocess.run(
            check, env=environment, capture_output=True, text=True, check=False, timeout=30
        )

    told = [running.log.read_text(), checked.stdout, checked.stderr, *map(str, listener.heard())]
    assert not [text for text in told if SECRET in text]
    assert ("keyword", "8") in listener.heard() or expected != SECRET


def reload_wrongly(running: Daemon) -> None:
    """Let it read a configuration with a mistake right beside the password."""
    mqtt = json.loads(running.config.read_text())["mqtt"]
    running.configure(mqtt={**mqtt, "passwort": SECRET, "tls": SECRET})
    running.process.send_signal(signal.SIGHUP)
