"""What becomes of digits when the broker fails, and how many seconds it takes until they arrive again.

Each test records its seconds; `pytest -o junit_family=xunit1 --junitxml=FILE` writes them down.
"""

import json
import logging
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Literal

import pytest
from paho.mqtt.client import MQTTMessage

from digitd.publish.mqtt import Counters, Publisher, mqtt_publisher
from digitd.publish.retry import Patience
from digitd.publish.settings import MqttSettings
from integration.brokers import Broker, Listener, mosquitto
from integration.gateway import gateway
from integration.load import under_load
from integration.publishing import heard, kitchen, lines, until

pytestmark = pytest.mark.broker

Record = Callable[[str, object], None]

IMPATIENT = Patience(longest_s=1, slow_s=2, settled_s=4.0)


def seconds_until_heard(publisher: Publisher, listener: Listener, keyword: str = "9") -> float:
    """Say a digit again and again until it arrives, and return how long that took."""
    began = time.monotonic()
    while ("keyword", keyword) not in listener.heard():
        publisher.detection(heard(keyword))
        time.sleep(0.1)
        assert time.monotonic() - began < 60, publisher.trouble
    return round(time.monotonic() - began, 2)


def test_a_broker_that_comes_later_is_found(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, record_property: Record
) -> None:
    caplog.set_level(logging.INFO, "digitd")
    with (
        mosquitto(tmp_path, running=False) as broker,
        mqtt_publisher(MqttSettings(port=broker.port), "kitchen", "m") as publisher,
    ):
        publisher.microphone(online=True)
        assert not publisher.wait_until_connected(4.0)
        assert str(publisher.trouble).startswith("broker unreachable: Connection refused")

        broker.start()

        with Listener(broker.port, "digitd/kitchen/#") as listener:
            took_s = seconds_until_heard(publisher, listener)
            assert publisher.trouble is None
    record_property("seconds", took_s)
    assert took_s < 6
    assert listener.heard()[:2] == [("availability", "online"), ("microphone", "online")]
    assert lines(caplog, logging.INFO) == ["broker unreachable", "broker connected"]


def test_a_broker_that_comes_a_moment_later_is_found_at_the_second_attempt(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path, running=False) as broker,
        mqtt_publisher(MqttSettings(port=broker.port), "kitchen", "m") as publisher,
    ):
        assert until(lambda: publisher.trouble is not None)

        broker.start()

        assert publisher.wait_until_connected(1.8)


def test_a_fresh_detection_survives_a_restart_of_the_broker(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path, persistence="true") as broker,
        Listener(broker.port, "digitd/kitchen/keyword") as listener,
        kitchen(MqttSettings(port=broker.port, expires_s=60.0)) as publisher,
    ):
        broker.stop()
        assert until(lambda: not publisher.connected)
        for keyword in "123":
            publisher.detection(heard(keyword))

        broker.start()

        listener.wait_for([("keyword", "1"), ("keyword", "2"), ("keyword", "3")])
        assert until(lambda: publisher.counters == Counters(published=9, reconnects=1))


def test_a_stale_detection_does_not_survive_a_restart_of_the_broker(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "digitd")
    with (
        mosquitto(tmp_path, persistence="true") as broker,
        Listener(broker.port, "digitd/kitchen/keyword") as listener,
        kitchen(MqttSettings(port=broker.port, expires_s=2.0)) as publisher,
    ):
        broker.stop()
        assert until(lambda: not publisher.connected)
        publisher.detection(heard("1"))
        assert until(lambda: publisher.counters.expired == 3)

        broker.start()

        assert publisher.wait_until_connected(10.0)
        publisher.detection(heard("2"))
        listener.wait_for([("keyword", "2")])
    assert lines(caplog, logging.INFO)[:3] == ["broker connected", "broker lost", "broker unreachable"]
    assert lines(caplog, logging.INFO)[3:] == ["broker connected"]


@pytest.mark.parametrize(
    ("expires_s", "counters"),
    [
        (2.0, Counters(expired=3, reconnects=1)),
        (60.0, Counters(published=3, reconnects=1)),
    ],
)
def test_what_was_under_way_when_the_broker_died_is_sent_again_only_while_fresh(
    broker: Broker, expires_s: float, counters: Counters
) -> None:
    with kitchen(MqttSettings(port=broker.port, expires_s=expires_s)) as publisher:
        with broker.hung():
            publisher.detection(heard("1"))
            time.sleep(1.1)
            assert publisher.counters == Counters(outbox=3)
            broker.kill()

        broker.start()

        assert until(lambda: publisher.counters == counters), publisher.counters
        assert publisher.connected
        with Listener(broker.port, "digitd/kitchen/#") as listener:
            listener.wait_for_count(2 if counters.published else 1)
    assert ("last" in dict(listener.heard())) == (counters.published > 0)


def test_under_load_a_killed_broker_loses_nothing_fresh_and_repeats_only_what_has_the_same_id(
    tmp_path: Path, record_property: Record
) -> None:
    keeping = partial(mosquitto, persistence="true", autosave_on_changes="true", autosave_interval="1")
    with (
        keeping(tmp_path) as broker,
        Listener(broker.port, "digitd/kitchen/event") as listener,
        kitchen(MqttSettings(port=broker.port, expires_s=30.0, outbox=1000)) as publisher,
        under_load(publisher) as said,
    ):
        time.sleep(2.0)
        broker.kill()
        time.sleep(2.0)
        before, began = len(listener.messages), time.monotonic()
        broker.start()
        assert until(lambda: len(listener.messages) > before)
        record_property("seconds", round(time.monotonic() - began, 2))
        time.sleep(2.0)
        said.stop()

        assert until(lambda: publisher.counters.outbox == 0)
        assert publisher.counters == Counters(published=3 * said.count, reconnects=1)
        assert until(lambda: len({identifier(message) for message in listener.messages}) == said.count)

    first_times = list(dict.fromkeys(identifier(message) for message in listener.messages))
    keywords = {identifier(message): json.loads(message.payload)["keyword"] for message in listener.messages}
    assert [keywords[first] for first in first_times] == [str(number) for number in range(said.count)]
    record_property("messages", 3 * said.count)
    record_property("duplicates", len(listener.messages) - said.count)


def identifier(message: MQTTMessage) -> str:
    return str(json.loads(message.payload)["id"])


def test_a_broker_that_hangs_is_noticed_and_what_was_said_meanwhile_is_counted(
    broker: Broker, caplog: pytest.LogCaptureFixture, record_property: Record
) -> None:
    with (
        Listener(broker.port, "digitd/kitchen/#") as listener,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        with broker.hung():
            began = time.monotonic()
            for keyword in "12345678":
                publisher.detection(heard(keyword))
                time.sleep(0.4)
            assert until(lambda: not publisher.connected)
            record_property("seconds until noticed", round(time.monotonic() - began, 2))
            assert time.monotonic() - began < 4
            assert until(lambda: publisher.counters.expired == 24)

        took_s = seconds_until_heard(publisher, listener)

        record_property("seconds", took_s)
        assert took_s < 6
        assert until(lambda: listener.heard()[-1][0] == "last")
        assert publisher.trouble is None
    assert all(is_fresh_or_says_that_it_is_not(message) for message in listener.messages)
    assert lines(caplog)[0] == "broker lost"


def is_fresh_or_says_that_it_is_not(message: MQTTMessage) -> bool:
    """Say whether nobody acts on it wrongly: of what hung with the broker only an event may be left."""
    if message.topic.endswith("/event"):
        return True
    if not message.topic.endswith(("/keyword", "/last")):
        return True
    return message.payload == b"9" or json.loads(message.payload)["keyword"] == "9"


def test_a_broker_that_hangs_while_nothing_is_said_is_noticed_too(
    broker: Broker, record_property: Record
) -> None:
    with kitchen(MqttSettings(port=broker.port, keepalive_s=5)) as publisher, broker.hung():
        began = time.monotonic()

        assert until(lambda: not publisher.connected, timeout_s=20)

        record_property("seconds until noticed", round(time.monotonic() - began, 2))
    assert time.monotonic() - began < 11


def test_a_connection_that_died_silently_costs_no_digit(broker: Broker, record_property: Record) -> None:
    patience = Patience(proper_s=0.5)
    with (
        gateway(broker.port) as network,
        Listener(broker.port, "digitd/kitchen/keyword") as listener,
        mqtt_publisher(MqttSettings(port=network.port), "kitchen", "m", patience=patience) as publisher,
    ):
        assert publisher.wait_until_connected(5.0)
        time.sleep(0.6)
        network.forget_connections()
        began = time.monotonic()

        publisher.detection(heard("7"))

        listener.wait_for([("keyword", "7")])
        record_property("seconds", round(time.monotonic() - began, 2))
        assert time.monotonic() - began < 5
        assert until(lambda: publisher.counters == Counters(published=3, reconnects=1))


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Broker]:
    """Run a broker that asks for a password, which is `right`."""
    set_password(tmp_path, "right")
    with mosquitto(tmp_path, allow_anonymous="false", password_file=str(tmp_path / "passwords")) as broker:
        yield broker


def set_password(folder: Path, password: str) -> None:
    passwords = folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "digitd", password], check=True)


def test_a_wrong_password_is_told_once_and_tried_seldom(
    guarded: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    settings = MqttSettings(port=guarded.port, username="digitd", password="wrong")  # noqa: S106 - a test's
    patience = Patience(slow_s=1)

    with mqtt_publisher(settings, "kitchen", "m", patience=patience) as publisher:
        assert not publisher.wait_until_connected(3.5)
        trouble = publisher.trouble

    assert trouble == (
        "broker refuses us: Not authorized, as 'digitd'; see mqtt.username and mqtt.password_file"
    )
    assert lines(caplog) == ["broker refuses us"]
    assert "wrong" not in caplog.text


def test_a_password_put_right_at_the_broker_is_enough(guarded: Broker, tmp_path: Path) -> None:
    settings = MqttSettings(port=guarded.port, username="digitd", password="wrong")  # noqa: S106 - a test's
    with mqtt_publisher(settings, "kitchen", "m", patience=IMPATIENT) as publisher:
        assert until(lambda: publisher.trouble is not None)

        set_password(tmp_path, "wrong")
        guarded.reload()

        assert publisher.wait_until_connected(5.0)


def test_a_password_file_put_right_is_enough(guarded: Broker, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    settings = MqttSettings(port=guarded.port, username="digitd", password_file=str(secret))
    with mqtt_publisher(settings, "kitchen", "m", patience=IMPATIENT) as publisher:
        assert until(lambda: publisher.trouble is not None)

        secret.write_text("right\n")

        assert publisher.wait_until_connected(5.0)


def test_a_password_file_that_goes_away_is_told_and_waited_for(guarded: Broker, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("right\n")
    settings = MqttSettings(port=guarded.port, username="digitd", password_file=str(secret))
    with mqtt_publisher(settings, "kitchen", "m", patience=IMPATIENT) as publisher:
        assert publisher.wait_until_connected(5.0)

        secret.unlink()
        guarded.restart()

        assert until(lambda: str(publisher.trouble).startswith("broker not asked: mqtt.password_file"))
        secret.write_text("right\n")
        assert publisher.wait_until_connected(5.0)


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_two_daemons_of_one_name_are_told_and_do_not_fight(
    broker: Broker, caplog: pytest.LogCaptureFixture, protocol: Literal["5", "3.1.1"]
) -> None:
    settings = MqttSettings(port=broker.port, client_id="twin", protocol=protocol)
    patience = Patience(longest_s=1, slow_s=1, settled_s=6.0)
    with ExitStack() as stack:
        one = stack.enter_context(mqtt_publisher(settings, "kitchen", "m", patience=patience))
        assert one.wait_until_connected(5.0)
        with mqtt_publisher(settings, "bathroom", "m", patience=patience) as other:
            assert until(lambda: "mqtt.client_id" in str(one.trouble))
            assert until(lambda: "mqtt.client_id" in str(other.trouble))
            before = one.counters.reconnects + other.counters.reconnects
            time.sleep(4.0)
            rounds = one.counters.reconnects + other.counters.reconnects - before

        assert until(lambda: one.connected and one.trouble is None, timeout_s=15)
    assert rounds <= 6  # one of them each second
    assert sum("client_id" in record.getMessage() for record in caplog.records) == 2


def test_another_client_of_our_name_is_told_by_a_broker_that_says_so() -> None:
    came: list[float] = []
    patience = Patience(longest_s=1, slow_s=2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        unfaithful = Thread(target=prefer_another, args=(server, came))
        unfaithful.start()
        settings = MqttSettings(port=server.getsockname()[1], client_id="twin")

        with mqtt_publisher(settings, "kitchen", "m", patience=patience) as publisher:
            assert until(lambda: len(came) == 3)
            trouble = publisher.trouble

        unfaithful.join(timeout=5)
    assert trouble == (
        "broker prefers another client: somebody else connects as 'twin'; give each its own mqtt.client_id"
    )
    assert [round(later - sooner) for sooner, later in pairwise(came)] == [1, 2]


def prefer_another(server: socket.socket, came: list[float]) -> None:
    """Let three in and throw each out, as MQTT 5 says; mosquitto 2.0 gives no reason."""
    for _ in range(3):
        connection, _ = server.accept()
        with connection:
            connection.recv(1024)
            came.append(time.monotonic())
            connection.sendall(bytes([0x20, 3, 0, 0, 0]) + bytes([0xE0, 2, 0x8E, 0]))
