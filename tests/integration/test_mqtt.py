"""The publisher against real brokers: what arrives, what never does, and what the log says."""

import json
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from digitd.demo.broker import embedded_broker
from digitd.errors import ConfigError
from digitd.messages import Detection, Score, Utterance
from digitd.publish.inbox import Received
from digitd.publish.mqtt import Counters, MqttSettings, Publisher, mqtt_publisher
from integration.brokers import Broker, Listener, mosquitto

pytestmark = pytest.mark.broker

UTTERANCE = Utterance(0, np.zeros(3200, np.float32), 0, 3200, level_dbfs=-30.0, floor_dbfs=-60.0)


def heard(keyword: str) -> Detection:
    """Return a detection whose offset is now."""
    now = datetime.now(UTC)
    onset = now - timedelta(milliseconds=400)
    return Detection(keyword, Score({keyword: 1.0}), UTTERANCE, onset, now, time.monotonic())


@contextmanager
def kitchen(settings: MqttSettings) -> Iterator[Publisher]:
    """Run a publisher that is connected."""
    with mqtt_publisher(settings, "kitchen", "digits-1.0.0") as publisher:
        assert publisher.wait_until_connected(10.0)
        yield publisher


def until(condition: Callable[[], bool], timeout_s: float = 10.0) -> bool:
    """Say whether it comes true in time."""
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def first_heard(publisher: Publisher) -> list[Received]:
    """Wait until something was said to it, and return that."""
    heard: list[Received] = []

    def some_came() -> bool:
        heard.extend(publisher.received())
        return bool(heard)

    assert until(some_came)
    return heard


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the log's events without their fields."""
    return [record.getMessage().partition(" host=")[0] for record in caplog.records]


def test_a_detection_arrives_as_keyword_event_and_last(broker: Broker) -> None:
    with (
        Listener(broker.port, "digitd/kitchen/#") as listener,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        publisher.detection(heard("7"))
        listener.wait_for_count(4)

    availability, keyword, event, last = listener.messages[:4]
    assert availability.topic == "digitd/kitchen/availability"
    assert (keyword.topic, keyword.payload) == ("digitd/kitchen/keyword", b"7")
    assert json.loads(event.payload)["keyword"] == "7"
    assert event.payload == last.payload
    assert {message.qos for message in listener.messages} == {1}


def test_only_states_and_the_latest_keyword_wait_for_later_subscribers(broker: Broker) -> None:
    with kitchen(MqttSettings(port=broker.port)) as publisher:
        publisher.detection(heard("7"))

        assert until(lambda: publisher.counters.published == 3)
        with Listener(broker.port, "digitd/kitchen/#") as listener:
            listener.wait_for_count(2)
    assert {message.topic: message.retain for message in listener.messages} == {
        "digitd/kitchen/availability": True,
        "digitd/kitchen/last": True,
    }


def test_the_broker_too_is_told_how_long_a_detection_counts(broker: Broker) -> None:
    with (
        Listener(broker.port, "digitd/kitchen/+") as listener,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        publisher.detection(heard("7"))
        listener.wait_for_count(4)

    expiry = {
        message.topic.rpartition("/")[2]: getattr(message.properties, "MessageExpiryInterval", None)
        for message in listener.messages[:4]
    }
    assert expiry == {"availability": None, "keyword": 4, "event": 4, "last": None}


def test_coming_and_going_is_told_in_order(broker: Broker) -> None:
    with Listener(broker.port, "digitd/kitchen/#") as listener:
        with kitchen(MqttSettings(port=broker.port)) as publisher:
            publisher.microphone(online=True)
            listener.wait_for_count(2)

        listener.wait_for(
            [
                ("availability", "online"),
                ("microphone", "online"),
                ("microphone", "offline"),
                ("availability", "offline"),
            ]
        )


def test_each_connection_begins_with_the_latest_states(broker: Broker) -> None:
    with (
        kitchen(MqttSettings(port=broker.port)) as publisher,
        Listener(broker.port, "digitd/kitchen/+") as listener,
    ):
        listener.wait_for([("availability", "online")])
        for payload in (b"1", b"2", b"2"):
            publisher.state("health", payload)
        listener.wait_for([("availability", "online"), ("health", "1"), ("health", "2")])

        broker.restart()

        assert until(lambda: listener.heard()[-2:] == [("availability", "online"), ("health", "2")])


def test_what_is_said_to_us_can_be_read_once_and_what_was_said_before_we_came_cannot(broker: Broker) -> None:
    settings, topics = MqttSettings(port=broker.port), ("mute/set", "request/#")
    with Listener(broker.port, "digitd/#") as listener:
        listener.say("digitd/kitchen/mute/set", b"ON", retain=True)
        listener.wait_for_count(1)
        with mqtt_publisher(settings, "kitchen", "m", topics) as publisher:
            listener.wait_for_count(2)

            listener.say("digitd/kitchen/request/config", b"{}")

            heard = first_heard(publisher)
    assert [(message.topic, message.payload) for message in heard] == [("request/config", b"{}")]


def test_a_diagnostic_is_said_now_or_never(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path, running=False) as broker,
        mqtt_publisher(MqttSettings(port=broker.port), "kitchen", "m", ("canary",)) as publisher,
    ):
        publisher.diagnostic("canary", b"early", 5.0)
        broker.start()
        assert publisher.wait_until_connected(10.0)

        publisher.diagnostic("canary", b"now", 5.0)

        heard = first_heard(publisher)
    assert [message.payload for message in heard] == [b"now"]


def test_the_broker_tells_of_a_daemon_that_was_killed(broker: Broker) -> None:
    program = (
        "import time\n"
        "from digitd.publish.mqtt import MqttSettings, mqtt_publisher\n"
        f"with mqtt_publisher(MqttSettings(port={broker.port}), 'kitchen', 'm'): time.sleep(60)"
    )
    with Listener(broker.port, "digitd/kitchen/#") as listener:
        with subprocess.Popen([sys.executable, "-c", program]) as daemon:
            listener.wait_for([("availability", "online")])

            daemon.kill()

        listener.wait_for([("availability", "online"), ("availability", "offline")])


def test_a_broker_that_comes_later_is_found(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "digitd")
    with (
        mosquitto(tmp_path, running=False) as broker,
        mqtt_publisher(MqttSettings(port=broker.port), "kitchen", "m") as publisher,
    ):
        publisher.microphone(online=True)
        assert not publisher.wait_until_connected(1.3)
        broker.start()

        assert publisher.wait_until_connected(10.0)

        with Listener(broker.port, "digitd/kitchen/#") as listener:
            listener.wait_for_count(2)
    assert listener.heard() == [("availability", "online"), ("microphone", "online")]
    assert lines(caplog) == ["broker unreachable", "broker connected"]
    assert "Connection refused" in caplog.text


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
        kitchen(MqttSettings(port=broker.port, expires_s=1.0)) as publisher,
    ):
        broker.stop()
        assert until(lambda: not publisher.connected)
        publisher.detection(heard("1"))
        assert until(lambda: publisher.counters.expired == 3)

        broker.start()

        assert publisher.wait_until_connected(10.0)
        publisher.detection(heard("2"))
        listener.wait_for([("keyword", "2")])
    assert lines(caplog)[:3] == ["broker connected", "broker lost", "broker unreachable"]
    assert lines(caplog)[3:] == ["broker connected"]


@pytest.mark.parametrize(
    ("expires_s", "counters"),
    [
        (1.0, Counters(expired=3, reconnects=1)),
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


def test_a_wrong_password_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "digitd", "right"], check=True)
    with mosquitto(tmp_path, allow_anonymous="false", password_file=str(passwords)) as broker:
        settings = MqttSettings(port=broker.port, username="digitd", password="wrong")  # noqa: S106 - a test's

        with mqtt_publisher(settings, "kitchen", "m") as publisher:
            assert not publisher.wait_until_connected(3.5)

    assert lines(caplog) == ["broker refuses us"]
    assert "user=digitd reason=Not authorized" in caplog.text
    assert "wrong" not in caplog.text


def test_the_right_password_opens(tmp_path: Path) -> None:
    passwords = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "digitd", "right"], check=True)
    (tmp_path / "secret").write_text("right\n")
    with mosquitto(tmp_path, allow_anonymous="false", password_file=str(passwords)) as broker:
        settings = MqttSettings(port=broker.port, username="digitd", password_file=str(tmp_path / "secret"))

        with kitchen(settings) as publisher:
            assert publisher.connected


def test_messages_that_the_broker_does_not_allow_are_told_once_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "acl").write_text("topic readwrite digitd/+/availability\n")
    with (
        mosquitto(tmp_path, acl_file=str(tmp_path / "acl")) as broker,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        publisher.detection(heard("7"))

        assert until(lambda: publisher.counters == Counters(dropped=3, refused=3))

    assert lines(caplog) == ["broker refuses messages"]


def test_a_certificate_of_the_named_authority_is_trusted(tmp_path: Path) -> None:
    certificate, key = certify(tmp_path)
    with mosquitto(tmp_path, certfile=str(certificate), keyfile=str(key)) as broker:
        settings = MqttSettings(host="127.0.0.1", port=broker.port, tls=True, ca_file=str(certificate))

        with kitchen(settings) as publisher:
            publisher.detection(heard("7"))

            assert until(lambda: publisher.counters.published == 3)


def test_a_certificate_of_an_unknown_authority_is_not(tmp_path: Path) -> None:
    certificate, key = certify(tmp_path)
    with mosquitto(tmp_path, certfile=str(certificate), keyfile=str(key)) as broker:
        # In a process of its own: paho forgets to close a socket whose handshake failed, which warns.
        program = (
            "from digitd.publish.mqtt import MqttSettings, mqtt_publisher\n"
            f"with mqtt_publisher(MqttSettings(port={broker.port}, tls=True), 'kitchen', 'm') as publisher:\n"
            "    assert not publisher.wait_until_connected(0.5)"
        )

        daemon = subprocess.run(
            [sys.executable, "-c", program], check=True, stderr=subprocess.PIPE, text=True
        )

    assert "certificate verify failed" in daemon.stderr


def test_a_missing_certificate_is_a_mistake_in_the_configuration(tmp_path: Path) -> None:
    settings = MqttSettings(tls=True, ca_file=str(tmp_path / "nowhere.pem"))

    with pytest.raises(ConfigError, match=r"mqtt\.ca_file: .*nowhere\.pem"):
        mqtt_publisher(settings, "kitchen", "m")


def certify(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine, signed by itself, and return it and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    request = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request.split(), *names, *files], check=True, capture_output=True)
    return certificate, key


@pytest.mark.skipif(find_spec("amqtt") is None, reason="amqtt missing: pip install 'digitd[demo]'")
def test_a_broker_without_mqtt_5_gets_the_detections_too() -> None:
    with (
        embedded_broker() as port,
        subscriber(port) as next_line,
        mqtt_publisher(MqttSettings(port=port), "kitchen", "m") as publisher,
    ):
        publisher.detection(heard("7"))

        told = json.loads(next_line())

        assert told["event"]["keyword"] == "7"
        assert told["received"] > told["event"]["offset"]
        assert until(lambda: publisher.counters.published == 3)


@contextmanager
def subscriber(port: int) -> Iterator[Callable[[], str]]:
    """Run the demo's subscriber, and yield what reads its next line."""
    command = [sys.executable, "-m", "digitd.demo.subscriber", "127.0.0.1", str(port), "digitd/kitchen"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process.stdout.readline
        process.terminate()


def test_a_broker_that_says_it_is_too_old_for_version_5_is_asked_again_in_3_1_1() -> None:
    asked: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        elder = Thread(target=serve_only_3_1_1, args=(server, asked))
        elder.start()

        with mqtt_publisher(MqttSettings(port=server.getsockname()[1]), "kitchen", "m") as publisher:
            connected = publisher.wait_until_connected(3.0)

        elder.join(timeout=5)
    assert connected
    assert asked == [5, 4]


def serve_only_3_1_1(server: socket.socket, asked: list[int]) -> None:
    """Answer as brokers of 2018 do: refuse protocol level 5 with return code 1, then let level 4 in."""
    for refused in (1, 0):
        connection, _ = server.accept()
        with connection:
            asked.append(connection.recv(1024)[8])
            connection.sendall(bytes([0x20, 2, 0, refused]))
            while not refused and connection.recv(1024):
                pass


def test_the_end_does_not_wait_for_a_hung_broker(broker: Broker) -> None:
    with ExitStack() as stack:
        publisher = stack.enter_context(kitchen(MqttSettings(port=broker.port)))
        with broker.hung():
            publisher.detection(heard("7"))
            began = time.monotonic()

            stack.close()

            took_s = time.monotonic() - began

    assert took_s < 1.0


def test_the_end_does_not_wait_for_a_broker_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with mqtt_publisher(MqttSettings(port=server.getsockname()[1]), "kitchen", "m") as publisher:
            publisher.detection(heard("7"))
            assert not publisher.wait_until_connected(0.3)
            began = time.monotonic()

        assert time.monotonic() - began < 0.2
