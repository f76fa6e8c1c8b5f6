"""The publisher against real brokers: what arrives, what never does, and what the log says."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

from digitd.demo.broker import embedded_broker
from digitd.publish.mqtt import mqtt_publisher
from digitd.publish.settings import MqttSettings
from integration.brokers import Broker, Listener, mosquitto
from integration.publishing import first_received, heard, kitchen, until

pytestmark = pytest.mark.broker


def test_a_detection_arrives_as_keyword_event_and_last(broker: Broker) -> None:
    with (
        Listener(broker.port, "digitd/kitchen/#") as listener,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        publisher.detection(heard("7"))
        listener.wait_for_count(4)

    availability, event, keyword, last = listener.messages[:4]
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

    assert beside(listener, "MessageExpiryInterval") == {
        "availability": None,
        "event": 3,
        "keyword": 3,
        "last": None,
    }


def test_the_id_of_a_detection_is_told_beside_even_a_keyword_alone(broker: Broker) -> None:
    with (
        Listener(broker.port, "digitd/kitchen/+") as listener,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        publisher.detection(heard("7"))
        listener.wait_for_count(4)

    identifier = [("id", json.loads(listener.messages[1].payload)["id"])]
    assert beside(listener, "UserProperty") == {
        "availability": None,
        "event": identifier,
        "keyword": identifier,
        "last": identifier,
    }
    assert beside(listener, "ContentType") == {
        "availability": None,
        "event": "application/json",
        "keyword": None,
        "last": "application/json",
    }


def beside(listener: Listener, name: str) -> dict[str, object]:
    """Return what stands beside each of the first four messages in a property of MQTT 5."""
    return {
        message.topic.rpartition("/")[2]: getattr(message.properties, name, None)
        for message in listener.messages[:4]
    }


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

            heard = first_received(publisher)
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

        heard = first_received(publisher)
    assert [message.payload for message in heard] == [b"now"]


def test_the_broker_tells_of_a_daemon_that_was_killed(broker: Broker) -> None:
    program = (
        "import time\n"
        "from digitd.publish.mqtt import mqtt_publisher\n"
        "from digitd.publish.settings import MqttSettings\n"
        f"with mqtt_publisher(MqttSettings(port={broker.port}), 'kitchen', 'm'): time.sleep(60)"
    )
    with Listener(broker.port, "digitd/kitchen/#") as listener:
        with subprocess.Popen([sys.executable, "-c", program]) as daemon:
            listener.wait_for([("availability", "online")])

            daemon.kill()

        listener.wait_for([("availability", "online"), ("availability", "offline")])


@pytest.mark.skipif(find_spec("amqtt") is None, reason="amqtt missing: pip install 'digitd[demo]'")
def test_a_broker_without_mqtt_5_gets_the_detections_too() -> None:
    with (
        embedded_broker() as port,
        subscriber(port) as next_line,
        mqtt_publisher(MqttSettings(port=port), "kitchen", "m") as publisher,
    ):
        assert publisher.wait_until_connected(10.0)
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
            with suppress(ConnectionResetError):  # nobody takes note of the farewell
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
