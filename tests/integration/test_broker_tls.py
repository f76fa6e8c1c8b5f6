"""A broker that is not who it should be is told with the cure, waited for, and never talked to."""

from pathlib import Path
from typing import Any

import pytest

from digitd.errors import ConfigError, UnavailableError
from digitd.publish.mqtt import mqtt_publisher
from digitd.publish.probe import protocol_spoken
from digitd.publish.retry import Patience
from digitd.publish.settings import MqttSettings
from integration.brokers import Broker, mosquitto
from integration.certificates import Certificate, authority, signed, with_passphrase
from integration.publishing import heard, kitchen, lines, until

pytestmark = [
    pytest.mark.broker,
    # paho leaves it to the garbage collector to close a socket whose handshake failed.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]

IMPATIENT = Patience(slow_s=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def ours(folder: Path) -> Certificate:
    """Make the authority that everybody here should trust."""
    return authority(folder, "ours")


@pytest.fixture(scope="module")
def theirs(folder: Path) -> Certificate:
    """Make an authority that nobody should."""
    return authority(folder, "theirs")


@pytest.fixture(scope="module")
def server(folder: Path, ours: Certificate) -> Certificate:
    return signed(ours, folder, "server", "IP:127.0.0.1")


@pytest.fixture(scope="module")
def client(folder: Path, ours: Certificate) -> Certificate:
    return signed(ours, folder, "client")


def shown_by(certificate: Certificate) -> dict[str, Any]:
    """Return the lines of mosquitto.conf that let it show a certificate."""
    return {"certfile": str(certificate.certificate), "keyfile": str(certificate.key)}


def asking(for_clients_of: Certificate) -> dict[str, Any]:
    """Return the lines of mosquitto.conf that let it ask for one."""
    return {"cafile": str(for_clients_of.certificate), "require_certificate": "true"}


def trusting(
    authority: Certificate, broker: Broker, client: Certificate | None = None, host: str = "127.0.0.1"
) -> MqttSettings:
    """Return the settings of somebody who trusts an authority and may have a certificate too."""
    return MqttSettings(
        host=host,
        port=broker.port,
        tls=True,
        ca_file=str(authority.certificate),
        cert_file=str(client.certificate) if client else "",
        key_file=str(client.key) if client else "",
    )


def troubles(settings: MqttSettings) -> tuple[str, str]:
    """Return what `run` says of the broker, and what `check` does."""
    with mqtt_publisher(settings, "kitchen", "m", patience=IMPATIENT) as publisher:
        assert until(lambda: publisher.trouble is not None)
        assert not publisher.connected
        running = str(publisher.trouble)
    with pytest.raises(UnavailableError) as caught:
        protocol_spoken(settings)
    return running, str(caught.value)


def test_digits_go_to_a_broker_of_a_trusted_authority(
    tmp_path: Path, ours: Certificate, server: Certificate
) -> None:
    with (
        mosquitto(tmp_path, **shown_by(server)) as broker,
        kitchen(trusting(ours, broker)) as publisher,
    ):
        publisher.detection(heard("7"))

        assert until(lambda: publisher.counters.published == 3)
        assert protocol_spoken(trusting(ours, broker)) == "5"


def test_a_certificate_that_signed_itself_can_be_trusted_by_name(tmp_path: Path, folder: Path) -> None:
    alone = authority(folder, "localhost")
    with mosquitto(tmp_path, **shown_by(alone)) as broker, kitchen(trusting(alone, broker, host="localhost")):
        pass


def test_one_of_another_authority_is_not_trusted(
    tmp_path: Path, theirs: Certificate, server: Certificate
) -> None:
    with mosquitto(tmp_path, **shown_by(server)) as broker:
        running, checked = troubles(trusting(theirs, broker))

    assert running == (
        "broker not trusted: unable to get local issuer certificate; "
        "mqtt.ca_file has to be the authority that signed the broker's certificate"
    )
    assert checked == f"127.0.0.1:{broker.port}: {running}"


def test_one_of_an_authority_that_the_system_does_not_know_is_not_trusted(
    tmp_path: Path, server: Certificate
) -> None:
    with mosquitto(tmp_path, **shown_by(server)) as broker:
        running, _ = troubles(MqttSettings(host="127.0.0.1", port=broker.port, tls=True))

    assert running.startswith("broker not trusted: unable to get local issuer certificate; mqtt.ca_file")


def test_one_that_has_expired_is_not_trusted(tmp_path: Path, folder: Path, ours: Certificate) -> None:
    with mosquitto(tmp_path, **shown_by(signed(ours, folder, "old", "IP:127.0.0.1", days=0))) as broker:
        assert until(lambda: troubles(trusting(ours, broker))[0].startswith("broker not trusted"))
        running, _ = troubles(trusting(ours, broker))

    assert running == (
        "broker not trusted: certificate has expired; "
        "renew the broker's certificate; or is this machine's clock wrong?"
    )


def test_one_for_another_name_is_not_trusted(tmp_path: Path, ours: Certificate, server: Certificate) -> None:
    with mosquitto(tmp_path, **shown_by(server)) as broker:
        running, _ = troubles(trusting(ours, broker, host="localhost"))

    assert running == (
        "broker not trusted: Hostname mismatch, certificate is not valid for 'localhost'.; "
        "mqtt.host has to be a name that stands in the broker's certificate"
    )


def test_trust_is_told_once_tried_seldom_and_gained_without_a_restart(
    tmp_path: Path,
    ours: Certificate,
    theirs: Certificate,
    server: Certificate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_bytes(theirs.certificate.read_bytes())
    with mosquitto(tmp_path, **shown_by(server)) as broker:
        settings = MqttSettings(host="127.0.0.1", port=broker.port, tls=True, ca_file=str(ca_file))
        with mqtt_publisher(settings, "kitchen", "m", patience=IMPATIENT) as publisher:
            assert not publisher.wait_until_connected(2.5)

            ca_file.write_bytes(ours.certificate.read_bytes())

            assert publisher.wait_until_connected(2.0)

    assert lines(caplog) == ["broker not trusted"]


def test_a_broker_that_asks_for_our_certificate_gets_it(
    tmp_path: Path, ours: Certificate, server: Certificate, client: Certificate
) -> None:
    with mosquitto(tmp_path, **shown_by(server), **asking(ours)) as broker:
        settings = trusting(ours, broker, client)

        with kitchen(settings) as publisher:
            publisher.detection(heard("7"))

            assert until(lambda: publisher.counters.published == 3)
        assert protocol_spoken(settings) == "5"


def test_a_broker_that_asks_for_a_certificate_where_there_is_none_is_told(
    tmp_path: Path, ours: Certificate, server: Certificate
) -> None:
    with mosquitto(tmp_path, **shown_by(server), **asking(ours)) as broker:
        running, checked = troubles(trusting(ours, broker))

    assert running == (
        "broker asks for a certificate: tlsv13 alert certificate required; "
        "see mqtt.cert_file and mqtt.key_file"
    )
    assert checked.endswith(running)


def test_a_broker_that_does_not_trust_our_certificate_is_told(
    tmp_path: Path, folder: Path, ours: Certificate, theirs: Certificate, server: Certificate
) -> None:
    with mosquitto(tmp_path, **shown_by(server), **asking(ours)) as broker:
        running, checked = troubles(trusting(ours, broker, signed(theirs, folder, "stranger")))

    assert running == (
        "broker refuses our certificate: tlsv1 alert unknown ca; "
        "it has to know the authority that signed mqtt.cert_file; is that still valid?"
    )
    assert checked.endswith(running)


def test_encryption_where_there_is_none_is_told(broker: Broker, ours: Certificate) -> None:
    running, checked = troubles(trusting(ours, broker))

    assert running.endswith("does the broker speak TLS there? See mqtt.port and mqtt.tls")
    assert checked.endswith("does the broker speak TLS there? See mqtt.port and mqtt.tls")


def test_no_encryption_where_there_is_some_is_told(tmp_path: Path, server: Certificate) -> None:
    with mosquitto(tmp_path, **shown_by(server)) as broker:
        running, checked = troubles(MqttSettings(host="127.0.0.1", port=broker.port))

    assert running == "broker hangs up: before it let us in; see mqtt.port and mqtt.tls, and the broker's log"
    assert checked.endswith(running)


def test_files_that_are_not_what_they_should_be_are_mistakes_in_the_configuration(
    tmp_path: Path, ours: Certificate, client: Certificate, server: Certificate
) -> None:
    nowhere, locked = tmp_path / "nowhere.pem", with_passphrase(client.key)

    for ca, certificate, key, said in (
        (nowhere, "", "", r"mqtt\.ca_file: .*nowhere\.pem: .*; give the authority's certificate, PEM"),
        (ours.key, "", "", r"mqtt\.ca_file: .*\.key: .*; give the authority's certificate, PEM"),
        ("", nowhere, client.key, r"mqtt\.cert_file: .*nowhere\.pem: No such file"),
        ("", client.certificate, nowhere, r"mqtt\.key_file: .*nowhere\.pem: No such file"),
        ("", client.certificate, server.key, r"mqtt\.cert_file: .* no certificate and its key"),
        ("", client.certificate, locked, r"the key without a passphrase"),
    ):
        settings = MqttSettings(tls=True, ca_file=str(ca), cert_file=str(certificate), key_file=str(key))
        with pytest.raises(ConfigError, match=said):
            mqtt_publisher(settings, "kitchen", "m")
