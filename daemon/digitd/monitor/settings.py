"""What may be said about the web page; without it no port is opened and nothing is imported."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Annotated, Final

from msgspec import Meta

from digitd.errors import ConfigError
from digitd.monitor.tap import Tap
from digitd.secret import Places, find_secret

PACKAGE: Final = "websockets"
TOKEN: Final = Places("token", "monitor-token", "monitor.token_file", "DIGITD_MONITOR_TOKEN")
SHORTEST_TOKEN: Final = 16


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """The web page.

    Attributes:
        enabled: Open the port; it needs websockets.
        host: The address to listen on. One that other machines reach needs a token.
        port: The port to listen on.
        token: Whoever wants to look has to know it, at least 16 characters; a file is safer. Empty lets
            everybody look who is on this machine.
        token_file: A file that holds nothing but the token.
    """

    enabled: bool = False
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 9714
    token: str = field(default="", repr=False)
    token_file: str = ""


@contextmanager
def monitor_page(settings: MonitorSettings, environ: Mapping[str, str], rate_hz: int) -> Iterator[Tap | None]:
    """Serve the page as long as the block lasts; yield what it is told by, None where it is off.

    Args:
        settings: Whether, where, and for whom.
        environ: Where the token may be.
        rate_hz: The rate of the audio.

    Raises:
        ConfigError: websockets is not installed, or other machines could look without a token.
        UnavailableError: The port cannot be opened.
    """
    if not settings.enabled:
        yield None
        return
    require_websockets()
    token = required_token(settings, environ)
    # Here, not above: it needs websockets, and with it asyncio.
    from digitd.monitor.server import serving  # noqa: PLC0415

    tap = Tap()
    with serving(tap, settings.host, settings.port, token, rate_hz):
        yield tap


def require_websockets() -> None:
    """See to it that the package for WebSockets is there.

    Raises:
        ConfigError: It is not.
    """
    if find_spec(PACKAGE) is None:
        raise ConfigError(
            "monitor.enabled: websockets is not installed: `pip install 'digitd[monitor]'`, "
            "or set monitor.enabled: false"
        )


def required_token(settings: MonitorSettings, environ: Mapping[str, str]) -> str:
    """Return what whoever looks has to know; empty where only this machine can.

    Raises:
        ConfigError: It cannot be read or is too short, or there is none and other machines could look.
    """
    token = find_secret(TOKEN, settings.token_file, settings.token, environ)
    if token and len(token) < SHORTEST_TOKEN:
        raise ConfigError(
            f"monitor.token: must have at least {SHORTEST_TOKEN} characters: `openssl rand -hex 16` makes one"
        )
    if not token and not is_loopback(settings.host):
        raise ConfigError(
            f"monitor.host: {settings.host} can be reached from other machines: set monitor.token_file, "
            "or monitor.host: 127.0.0.1"
        )
    return token


def is_loopback(host: str) -> bool:
    """Say whether a name or address is reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
