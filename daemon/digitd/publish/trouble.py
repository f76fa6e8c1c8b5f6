"""Why a broker does not take what we say, in words, with what a person can do about it. Pure."""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from paho.mqtt.reasoncodes import ReasonCode

from digitd.publish.payload import in_full
from digitd.publish.settings import MqttSettings


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the broker does not take what we say.

    Attributes:
        event: What happens, as it stands in the log.
        reason: Why, in the broker's or the system's words.
        cure: What a person can do about it.
        slowly: To try again soon would change nothing, and might look like an attack.
        too: What else it is about; more of the same makes no new trouble.
    """

    event: str
    reason: str
    cure: str
    slowly: bool = False
    too: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.event}: {self.reason}{self.too}; {self.cure}"


class UnpreparedError(OSError):
    """Something of ours is wrong, such as a password that cannot be read.

    It is an OSError because paho tries again after those, and ends its thread after any other.
    """


OTHER_VERSION: Final = "Unsupported protocol version"
"""A broker's reason to refuse us that another version of MQTT may cure."""

SILENT: Final = Trouble(
    "broker does not answer",
    "it takes the connection and says nothing",
    "does it hang? see mqtt.port, mqtt.tls",
)
HUNG: Final = Trouble(
    "broker lost",
    "it acknowledged nothing for too long",
    "connecting anew; does it hang, or is the network bad?",
)

_CERTIFICATE_CURES: Final = {  # by OpenSSL's X509_V_ERR_...
    9: "is this machine's clock right?",
    10: "renew the broker's certificate; or is this machine's clock wrong?",
    18: "mqtt.ca_file has to be the broker's certificate itself: it signed its own",
    19: "mqtt.ca_file has to be the authority that signed the broker's certificate",
    20: "mqtt.ca_file has to be the authority that signed the broker's certificate",
    62: "mqtt.host has to be a name that stands in the broker's certificate",
    64: "mqtt.host has to be an address that stands in the broker's certificate, or a name that does",
}
_OUR_CERTIFICATE: Final = "it has to know the authority that signed mqtt.cert_file; is that still valid?"
_NO_TLS: Final = "does the broker speak TLS there? See mqtt.port and mqtt.tls"
_CREDENTIALS: Final = {"Bad user name or password", "Not authorized", "Banned"}
_CURES: Final = {OTHER_VERSION: "see mqtt.protocol", "Client identifier not valid": "see mqtt.client_id"}


def connect_trouble(error: OSError, settings: MqttSettings) -> Trouble:
    """Say why there is no connection."""
    match error:
        case UnpreparedError():
            return Trouble("broker not asked", str(error), "it is looked at again each time", slowly=True)
        case ssl.SSLError():
            return _tls_trouble(error, settings)
        case ConnectionResetError() if settings.tls:
            return Trouble("broker unreachable", str(error.strerror), _NO_TLS)
        case socket.gaierror():
            return Trouble("broker unreachable", str(error.strerror), "see mqtt.host")
        case _:
            cure = "is the broker running? See mqtt.host and mqtt.port"
            return Trouble("broker unreachable", error.strerror or str(error), cure)


def hung_up(error: OSError, settings: MqttSettings) -> Trouble:
    """Say why a broker took the connection and ended it before it let us in."""
    if isinstance(error, ssl.SSLError):  # in TLS 1.3 the word about our certificate comes after the handshake
        return _tls_trouble(error, settings)
    cure = "see mqtt.port and mqtt.tls, and the broker's log"
    return Trouble("broker hangs up", "before it let us in", cure)


def _tls_trouble(error: ssl.SSLError, settings: MqttSettings) -> Trouble:
    if isinstance(error, ssl.SSLCertVerificationError):
        cure = _CERTIFICATE_CURES.get(error.verify_code, "see mqtt.ca_file")
        return Trouble("broker not trusted", error.verify_message, cure, slowly=True)
    reason = str(error.reason or error.strerror)
    in_words = reason.replace("_", " ").lower()
    if not ("ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason)):
        return Trouble("broker unreachable", in_words, _NO_TLS, slowly=True)
    if not settings.cert_file:
        cure = "see mqtt.cert_file and mqtt.key_file"
        return Trouble("broker asks for a certificate", in_words, cure, slowly=True)
    return Trouble("broker refuses our certificate", in_words, _OUR_CERTIFICATE, slowly=True)


def refusal(reason: ReasonCode, settings: MqttSettings) -> Trouble:
    """Say why the broker does not let us in."""
    text = str(reason)
    if text in _CREDENTIALS:
        who = f"as {settings.username!r}" if settings.username else "without a user name"
        cure = "see mqtt.username and mqtt.password_file"
        return Trouble("broker refuses us", f"{text}, {who}", cure, slowly=True)
    return Trouble("broker refuses us", text, _CURES.get(text, "see the broker's log"), slowly=True)


def taken_over(client_id: str) -> Trouble:
    """Say that another client has our name."""
    return Trouble(
        "broker prefers another client",
        f"somebody else connects as {client_id!r}",
        "give each its own mqtt.client_id",
    )


def thrown_out(client_id: str) -> Trouble:
    """Say that connections do not last, which before MQTT 5 is all that one sees of another with our name."""
    return Trouble(
        "broker throws us out",
        "again and again, soon after it let us in",
        f"does another client connect as {client_id!r}? Give each its own mqtt.client_id; or see the log",
    )


def lost(reason: str) -> Trouble:
    """Say that a connection ended."""
    return Trouble("broker lost", reason, "connecting anew")


def not_taken(what: str, refused: Mapping[str, str], prefix: str) -> Trouble:
    """Say which of our messages or subscriptions the broker refuses: topics, and why."""
    first, *others = refused
    return Trouble(
        event=f"broker refuses {what}",
        reason=f"{refused[first]}, {in_full(first, prefix)}",
        cure="does the broker's access control list allow it, as systemd/mosquitto.acl does? See its log",
        too=f" and {', '.join(others)}" if others else "",
    )
