"""What the broker does not allow is told; what systemd/mosquitto.acl allows is all that the daemon needs."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from digitd.publish.mqtt import Counters, mqtt_publisher
from digitd.publish.orders import TOPICS
from digitd.publish.payload import Elsewhere
from digitd.publish.retry import Patience
from digitd.publish.settings import MqttSettings
from digitd.service import echo
from integration.brokers import Broker, Listener, mosquitto
from integration.publishing import first_received, heard, kitchen, lines, until

pytestmark = pytest.mark.broker

SHIPPED = Path(__file__).parents[2] / "systemd" / "mosquitto.acl"
EVERYBODY_ELSE = "\nuser homeassistant\ntopic readwrite digitd/#\ntopic readwrite homeassistant/#\n"

SAID = ("number", "number/secret", "health", "info", "mute", "threshold", "threshold/7", "response/health")
ORDERS = ("mute/set", "threshold/set", "threshold/7/set", "request/health")


def set_password(folder: Path, *users: str) -> str:
    """Give each user the password `secret`, and return the file."""
    passwords = folder / "passwords"
    passwords.touch()
    for user in users:
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, "secret"], check=True)
    return str(passwords)


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Broker]:
    """Run a broker with the list that we ship, and somebody who may do everything below digitd."""
    (tmp_path / "acl").write_text(SHIPPED.read_text() + EVERYBODY_ELSE)
    passwords = set_password(tmp_path, "kitchen", "bathroom", "homeassistant")
    with mosquitto(
        tmp_path, allow_anonymous="false", password_file=passwords, acl_file=str(tmp_path / "acl")
    ) as broker:
        yield broker


def as_user(broker: Broker, name: str) -> MqttSettings:
    return MqttSettings(port=broker.port, username=name, password="secret")  # noqa: S106 - a test's


def test_with_the_list_that_we_ship_everything_works(strict: Broker) -> None:
    everything = ["availability", *SAID, "event", "keyword", "last", "canary"]
    with (
        Listener(strict.port, "digitd/#", "homeassistant") as listener,
        kitchen(as_user(strict, "kitchen"), echo.TOPIC, *TOPICS) as publisher,
    ):
        for topic in SAID:
            publisher.state(topic, b"{}")
        publisher.detection(heard("7"))
        publisher.diagnostic("canary", b"7", 5.0)
        listener.wait_for_count(len(everything))

        for topic in ORDERS:
            listener.say(f"digitd/kitchen/{topic}", b"{}")

        received = [message.topic for message in first_received(publisher, 1 + len(ORDERS))]
        assert publisher.trouble is None
    told = [message.topic.removeprefix("digitd/kitchen/") for message in listener.messages]
    assert told[: len(everything)] == everything
    assert received == ["canary", *ORDERS]


def test_with_the_list_that_we_ship_home_assistant_is_told_and_heard(strict: Broker) -> None:
    status = Elsewhere("homeassistant/status")
    with (
        Listener(strict.port, "homeassistant/#", "homeassistant") as home,
        kitchen(as_user(strict, "kitchen"), status) as publisher,
    ):
        publisher.state(Elsewhere("homeassistant/device/digitd_kitchen_ab12cd34/config"), b"{}")
        home.wait_for([("config", "{}")])

        home.say(status, b"online")

        assert [message.topic for message in first_received(publisher)] == [status]


def test_with_the_list_that_we_ship_nobody_speaks_for_another(strict: Broker) -> None:
    with (
        Listener(strict.port, "digitd/#", "homeassistant") as listener,
        mqtt_publisher(as_user(strict, "bathroom"), "kitchen", "m") as publisher,
    ):
        publisher.detection(heard("7"))

        assert until(lambda: publisher.counters == Counters(refused=3))
        listener.say("digitd/end", b"")
        listener.wait_for([("end", "")])


def test_with_the_list_that_we_ship_nobody_listens_to_another(strict: Broker) -> None:
    with (
        Listener(strict.port, "#", "kitchen") as kitchen_listens,
        Listener(strict.port, "#", "homeassistant") as listener,
    ):
        for topic in ("digitd/bathroom/mute/set", "digitd/kitchen/event", "digitd/kitchen/mute/set"):
            listener.say(topic, b"ON")

        kitchen_listens.wait_for([("set", "ON")])
        listener.wait_for_count(3)
    assert [message.topic for message in kitchen_listens.messages] == ["digitd/kitchen/mute/set"]


def test_messages_that_the_broker_does_not_allow_are_told_once_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "acl").write_text("topic readwrite digitd/+/availability\n")
    with (
        mosquitto(tmp_path, acl_file=str(tmp_path / "acl")) as broker,
        kitchen(MqttSettings(port=broker.port)) as publisher,
    ):
        publisher.detection(heard("7"))
        publisher.detection(heard("8"))

        assert until(lambda: publisher.counters == Counters(refused=6))
        trouble = publisher.trouble

    assert trouble == (
        "broker refuses messages: Not authorized, digitd/kitchen/event and keyword, last; "
        "does the broker's access control list allow it, as systemd/mosquitto.acl does? See its log"
    )
    assert lines(caplog) == ["broker refuses messages"]


def test_what_is_allowed_in_the_end_is_said_without_another_connection(tmp_path: Path) -> None:
    acl, patience = tmp_path / "acl", Patience(slow_s=1)
    acl.write_text("topic readwrite digitd/+/availability\n")
    with (
        mosquitto(tmp_path, acl_file=str(acl)) as broker,
        mqtt_publisher(MqttSettings(port=broker.port), "kitchen", "m", patience=patience) as publisher,
    ):
        publisher.microphone(online=True)
        assert until(lambda: "digitd/kitchen/microphone" in str(publisher.trouble))

        acl.write_text("topic readwrite #\n")
        broker.reload()

        assert until(lambda: publisher.trouble is None)
        assert publisher.counters.reconnects == 0
        with Listener(broker.port, "digitd/#") as listener:
            listener.wait_for_count(2)
    assert ("microphone", "online") in listener.heard()


@pytest.mark.parametrize(("protocol", "reason"), [("5", "Not authorized"), ("3.1.1", "Unspecified error")])
def test_subscriptions_that_the_broker_does_not_allow_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, protocol: Literal["5", "3.1.1"], reason: str
) -> None:
    access = {"publishClientSend": True, "publishClientReceive": True, "subscribe": False}
    security = tmp_path / "security.json"
    security.write_text(json.dumps({"defaultACLAccess": access}))
    with (
        mosquitto(tmp_path, plugin=subscription_guard(), plugin_opt_config_file=str(security)) as broker,
        kitchen(MqttSettings(port=broker.port, protocol=protocol), "canary", "request/#") as publisher,
    ):
        assert until(lambda: publisher.trouble is not None)
        trouble = str(publisher.trouble)

    assert trouble.startswith(
        f"broker refuses subscriptions: {reason}, digitd/kitchen/canary and request/#; "
    )
    assert lines(caplog) == ["broker refuses subscriptions"]


def subscription_guard() -> str:
    """Return mosquitto's plugin that has a say in subscriptions; the list in a file has not."""
    return str(next(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so")))
