"""digitd under a real systemd: what becomes of it when things go wrong, and in how many seconds.

The seconds go into the report of `pytest --junitxml` as properties.
"""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.brokers import Broker, Listener, mosquitto
from integration.machines import Machine
from integration.services import CONFIG, Installed, config, service
from integration.speech import first_words
from integration.virtual_microphone import VirtualMicrophone, virtual_microphone

pytestmark = [pytest.mark.systemd, pytest.mark.broker, pytest.mark.microphone]

ONLINE, OFFLINE = ("availability", "online"), ("availability", "offline")

Measure = Callable[[str, object], None]

ASKING_TO_KEEP = """
import json
from websockets.sync.client import connect

with connect("ws://127.0.0.1:9714/live", origin="http://127.0.0.1:9714") as page:
    page.send(json.dumps({"number": 1, "topic": "detector/set", "payload": '{"onset_db": 8}'}))
    page.send(json.dumps({"number": 2, "topic": "settings/keep"}))
    while (message := json.loads(page.recv()))["kind"] != "answer" or message["number"] != 2:
        pass
    print(message["error"])
"""


@pytest.fixture
def availability(broker: Broker) -> Iterator[Listener]:
    with Listener(broker.port, "digitd/kitchen/availability") as listener:
        yield listener


@pytest.fixture
def kitchen(
    installed: Installed, vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> Iterator[Machine]:
    """Boot a machine on which digitd runs as a service, and wait until it is ready."""
    with service(installed, tmp_path / "kitchen", config(broker.port), vmic.folder) as machine:
        machine.wait_for("ActiveState", "active")
        yield machine


def test_what_is_said_reaches_the_subscriber(
    kitchen: Machine, vmic: VirtualMicrophone, broker: Broker, tmp_path: Path
) -> None:
    said = first_words(2, tmp_path / "words.wav")

    with Listener(broker.port, "digitd/kitchen/keyword") as listener:
        vmic.play(tmp_path / "words.wav")
        listener.wait_for([("keyword", keyword) for keyword in said])

    assert "runs slowly" not in kitchen.log(), "the sandbox took its fast kernels"


def test_it_is_nobody_who_may_record_sound(kitchen: Machine) -> None:
    status = kitchen.out("cat", f"/proc/{kitchen.shows('MainPID')}/status")
    facts = dict(line.split(":\t", 1) for line in status.splitlines())

    assert int(facts["Uid"].split()[0]) > 61000, "the range of dynamic users"
    assert kitchen.out("getent", "group", "audio").split(":")[2] in facts["Groups"].split()
    assert (int(facts["CapBnd"], 16), facts["NoNewPrivs"], facts["Seccomp"]) == (0, "1", "2")


def test_the_systemd_that_runs_it_finds_nothing_to_say_about_the_unit(kitchen: Machine) -> None:
    done = kitchen.run("systemd-analyze", "verify", "digitd.service")

    assert (done.stdout, done.stderr) == ("", "")


def test_killed_it_is_back(kitchen: Machine, availability: Listener, record_property: Measure) -> None:
    availability.wait_for([ONLINE])

    kitchen.out("systemctl", "kill", "--signal=KILL", "digitd")
    availability.wait_for([ONLINE, OFFLINE, ONLINE], timeout_s=20)

    record_property("kill -9: seconds offline", seconds_offline(availability))


def test_muted_it_stays_so_when_it_is_started_anew(kitchen: Machine, broker: Broker) -> None:
    off, on = ("mute", "OFF"), ("mute", "ON")
    with Listener(broker.port, "digitd/kitchen/mute") as listener:
        listener.wait_for([off])
        listener.say("digitd/kitchen/mute/set", b"ON")
        listener.wait_for([off, on])

        kitchen.out("systemctl", "restart", "digitd")
        listener.wait_for([off, on, on])


def test_hanging_it_is_started_anew_by_the_watchdog(
    kitchen: Machine, availability: Listener, record_property: Measure
) -> None:
    override(kitchen, "WatchdogSec=3")
    kitchen.out("systemctl", "restart", "digitd")
    before = [ONLINE, OFFLINE, ONLINE]
    availability.wait_for(before)

    kitchen.out("systemctl", "kill", "--signal=STOP", "digitd")
    stopped_at = time.monotonic()
    availability.wait_for([*before, OFFLINE, ONLINE], timeout_s=30)

    assert "Watchdog timeout" in kitchen.log()
    record_property("hang: seconds until offline, with WatchdogSec=3", after(availability, -2, stopped_at))
    record_property("hang: seconds offline", seconds_offline(availability))


def test_stopped_it_says_offline_within_a_second(kitchen: Machine, availability: Listener) -> None:
    availability.wait_for([ONLINE])

    began_at = time.monotonic()
    kitchen.out("systemctl", "stop", "digitd")
    took_s = time.monotonic() - began_at

    availability.wait_for([ONLINE, OFFLINE])
    assert took_s < 1.5
    assert (kitchen.shows("ActiveState"), kitchen.shows("Result")) == ("inactive", "success")


def test_it_is_ready_only_when_it_hears(
    installed: Installed,
    broker: Broker,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Measure,
) -> None:
    sound = tmp_path_factory.mktemp("sound")

    with service(installed, tmp_path / "kitchen", config(broker.port), sound) as machine:
        machine.wait_for_log("microphone not there, waiting for it")
        was_ready_at = machine.shows("ActiveEnterTimestampMonotonic")
        with virtual_microphone(sound, 16000):
            took_s = machine.wait_for("ActiveState", "active")

    assert was_ready_at == "0"
    record_property("microphone absent, then there: seconds until ready", took_s)


def test_without_its_microphone_it_goes_on_and_opens_it_again(
    installed: Installed,
    broker: Broker,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Measure,
) -> None:
    with (
        virtual_microphone(tmp_path_factory.mktemp("sound"), 16000) as vmic,
        Listener(broker.port, "digitd/kitchen/microphone") as listener,
        service(
            installed, tmp_path / "kitchen", config(broker.port, audio={"lost_after_s": 1}), vmic.folder
        ) as machine,
    ):
        listener.wait_for([("microphone", "online")])
        process = machine.shows("MainPID")

        vmic.pull_out()
        pulled_at = time.monotonic()
        listener.wait_for_count(2)
        vmic.plug_in()
        plugged_at = time.monotonic()
        listener.wait_for([("microphone", "online"), ("microphone", "offline"), ("microphone", "online")], 30)

        assert machine.shows("MainPID") == process
    record_property("microphone lost: seconds until offline", after(listener, 1, pulled_at))
    record_property("microphone back: seconds until online", after(listener, 2, plugged_at))


def test_a_hung_sound_server_costs_no_more_than_a_new_process(
    installed: Installed,
    broker: Broker,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    record_property: Measure,
) -> None:
    with (
        virtual_microphone(tmp_path_factory.mktemp("sound"), 16000) as vmic,
        service(
            installed, tmp_path / "kitchen", config(broker.port, audio={"lost_after_s": 1}), vmic.folder
        ) as machine,
    ):
        machine.wait_for("ActiveState", "active")

        vmic.server.send_signal(signal.SIGSTOP)
        record_property(
            "sound server hung: seconds until exit 69", machine.wait_for("ExecMainStatus", "69", 60)
        )
        vmic.server.send_signal(signal.SIGCONT)
        record_property("sound server back: seconds until ready", machine.wait_for("ActiveState", "active"))


def test_a_reload_takes_a_good_file_and_refuses_a_bad_one(kitchen: Machine, broker: Broker) -> None:
    process = kitchen.shows("MainPID")

    kitchen.write(CONFIG, config(broker.port, decision={"treshold": 0.9}))
    kitchen.out("systemctl", "reload", "digitd")
    kitchen.wait_for_log("configuration refused, the old one stays")
    kitchen.write(CONFIG, config(broker.port, decision={"threshold": 0.9}))
    kitchen.out("systemctl", "reload", "digitd")
    kitchen.wait_for_log("configuration reloaded")

    assert (kitchen.shows("ActiveState"), kitchen.shows("MainPID")) == ("active", process)


def test_prometheus_takes_no_more_than_the_setting(kitchen: Machine, broker: Broker) -> None:
    kitchen.write(CONFIG, config(broker.port, metrics={"enabled": True}))
    kitchen.out("systemctl", "restart", "digitd")

    scrape = (
        "import urllib.request as web; print(web.urlopen('http://localhost:9713/metrics').read().decode())"
    )
    numbers = kitchen.out("python3", "-c", scrape)

    assert 'digitd_state{state="listening"} 1.0' in numbers


def test_the_web_page_takes_no_more_than_the_setting_but_cannot_write_it(
    kitchen: Machine, broker: Broker
) -> None:
    kitchen.write(CONFIG, config(broker.port, monitor={"enabled": True}))
    kitchen.out("systemctl", "restart", "digitd")

    told = kitchen.out("/opt/digitd/current/bin/python", "-c", ASKING_TO_KEEP)

    assert told == (
        "/etc/digitd/config.yaml.new: Permission denied; it stays as it is. "
        "To write it yourself: detector.onset_db: 8"
    )


def test_root_may_look_at_it_from_a_terminal_and_others_are_told_so(kitchen: Machine) -> None:
    look = ("timeout", "5", "/opt/digitd/current/bin/digitd", "listen")

    root = kitchen.run(*look)
    other = kitchen.run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *look)

    assert root.stdout.startswith("looking at the running daemon\n"), root.stderr
    assert "a daemon runs here, of another user: try sudo" in other.stderr
    assert kitchen.out("stat", "--format=%a", "/run/digitd", "/run/digitd/kitchen.sock") == "700\n600"


def test_a_wrong_configuration_is_not_tried_again(kitchen: Machine, broker: Broker) -> None:
    kitchen.write(CONFIG, config(broker.port, decision={"treshold": 0.9}))

    done = kitchen.run("systemctl", "restart", "digitd")

    assert done.returncode != 0
    # A service that is going to be tried again is `activating (auto-restart)`, never `failed`.
    assert [kitchen.shows(key) for key in ("SubState", "ExecMainStatus", "NRestarts")] == [
        "failed",
        "78",
        "0",
    ]
    assert "decision.treshold: unknown key (did you mean 'threshold'?)" in kitchen.log()


def test_the_password_is_a_credential(installed: Installed, vmic: VirtualMicrophone, tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "digitd", "secret"], check=True)
    with mosquitto(tmp_path, allow_anonymous="false", password_file=str(passwords)) as broker:
        settings = config(broker.port, mqtt={"username": "digitd"})
        secret = {"/etc/credstore/digitd.mqtt-password": "secret\n"}

        with service(installed, tmp_path / "kitchen", settings, vmic.folder, secret) as machine:
            machine.wait_for("ActiveState", "active")
            machine.wait_for_log("broker connected")


def override(machine: Machine, line: str) -> None:
    machine.write("/etc/systemd/system/digitd.service.d/test.conf", f"[Service]\n{line}\n")
    machine.out("systemctl", "daemon-reload")


def seconds_offline(availability: Listener) -> float:
    return after(availability, -1, availability.messages[-2].timestamp)


def after(listener: Listener, index: int, moment: float) -> float:
    return round(listener.messages[index].timestamp - moment, 1)
