"""Where the broker is, who we are there, and how long a detection counts."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from msgspec import Meta

TopicLevels = Annotated[
    str,
    Meta(
        pattern=r"^[^/+#$][^+#]*(?<!/)$",
        max_length=256,
        description="text of 1 to 256 characters without '+' and '#', with '/' at neither end, '$' not first",
    ),
]


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """Where the broker is, who we are there, and how long a detection counts.

    Attributes:
        host: Name or address of the broker.
        port: 1883, or 8883 with TLS.
        base: All topics are below `<base>/<site>`.
        username: Empty for a broker that asks for none.
        password: The last place that is looked for the password; a file is safer.
        password_file: A file that holds nothing but the password.
        client_id: Unique at the broker; empty makes `digitd-<site>-<a hash of this machine's id>`.
        tls: Encrypt, and check the broker's certificate.
        ca_file: The authority that signed it, PEM; empty takes the system's own.
        cert_file: Our certificate, PEM, for a broker that asks for one.
        key_file: Its key, PEM, without a passphrase.
        keepalive_s: After so much silence we ask whether the broker is still there.
        expires_s: A detection that cannot be delivered for so long after its offset never is.
        protocol: `auto` begins with 5 and falls back to 3.1.1.
        outbox: So many messages wait for the broker at most, three for each detection.
    """

    host: Annotated[str, Meta(min_length=1)] = "localhost"
    port: Annotated[int, Meta(ge=1, le=65535)] = 1883
    base: TopicLevels = "digitd"
    username: str = ""
    password: str = field(default="", repr=False)
    password_file: str = ""
    client_id: str = ""
    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    keepalive_s: Annotated[int, Meta(ge=5, le=3600)] = 30
    expires_s: Annotated[float, Meta(ge=2, le=3600)] = 5.0
    protocol: Literal["auto", "5", "3.1.1"] = "auto"
    outbox: Annotated[int, Meta(ge=3, le=10_000)] = 100

    def __post_init__(self) -> None:
        try:
            self.host.encode("idna")  # what a resolver stumbles over would end paho's thread
        except UnicodeError as error:
            raise ValueError("host: must be a name, such as broker.local, or an address") from error
        if self.cert_file and not self.key_file:
            raise ValueError("cert_file: needs mqtt.key_file, the key that belongs to it")
        if self.key_file and not self.cert_file:
            raise ValueError("key_file: needs mqtt.cert_file, the certificate that belongs to it")
        for key in ("ca_file", "cert_file"):
            if getattr(self, key) and not self.tls:
                raise ValueError(f"{key}: needs mqtt.tls: true")
