"""What may be said about who may look; without the web page no port is opened and websockets not imported."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib.util import find_spec
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

from msgspec import Meta

from digitd.errors import ConfigError
from digitd.monitor.place import opened, own_place
from digitd.monitor.tap import Tap
from digitd.secret import Places, find_secret

if TYPE_CHECKING:
    from digitd.monitor.gallery import Gallery
    from digitd.monitor.thread import Way

PACKAGE: Final = "websockets"
TOKEN: Final = Places("token", "monitor-token", "monitor.token_file", "DIGITD_MONITOR_TOKEN")
SHORTEST_TOKEN: Final = 16


@dataclass(frozen=True, slots=True)
class MonitorSettings:
    """Whoever looks at the running daemon, by the web page or from a terminal.

    Attributes:
        socket: Let `digitd listen` and `digitd inspect --last` of the same user, or of root, look and change
            what can be tried, through a Unix socket in the runtime directory.
        enabled: Open the port; it needs websockets.
        host: The address to listen on. One that other machines reach needs a token.
        port: The port to listen on.
        token: Whoever wants to look has to know it, at least 16 characters; a file is safer. Empty lets
            everybody look who is on this machine.
        token_file: A file that holds nothing but the token.
    """

    socket: bool = True
    enabled: bool = False
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 9714
    token: str = field(default="", repr=False)
    token_file: str = ""


Clips: TypeAlias = Callable[[str], bytes | None]
"""Returns the sound of a clip, as a WAV file, by its name; None where there is none."""


def no_clip(_name: str) -> None:
    """Say that there is no clip, where none are kept."""


@contextmanager
def onlookers_let_in(
    settings: MonitorSettings,
    environ: Mapping[str, str],
    site: str,
    rate_hz: int,
    clip: Clips = no_clip,
) -> Iterator[Tap | None]:
    """Let people look as long as the block lasts; yield what they are told by, None where nobody can.

    Args:
        settings: Who, and where.
        environ: Where the token and the runtime directory may be.
        site: Which daemon it is, of those on this machine.
        rate_hz: The rate of the audio.
        clip: Where the sound of clips is.

    Raises:
        ConfigError: websockets is not installed, or other machines could look without a token.
        UnavailableError: The port cannot be opened.
    """
    place = own_place(site, environ) if settings.socket else None
    if not (settings.enabled or place):
        yield None
        return
    # Here, not above: they need asyncio.
    from digitd.monitor.gallery import Gallery  # noqa: PLC0415
    from digitd.monitor.hatch import hatch  # noqa: PLC0415
    from digitd.monitor.thread import Way, watching  # noqa: PLC0415

    tap = Tap()
    gallery = Gallery(tap, rate_hz)
    with opened(place) if place else nullcontext() as listener:
        ways: list[Way] = [hatch(listener, tap, gallery)] if listener else []
        if settings.enabled:
            ways.append(_page(settings, environ, tap, gallery, clip))
        with watching(gallery, ways):
            yield tap


def _page(
    settings: MonitorSettings, environ: Mapping[str, str], tap: Tap, gallery: "Gallery", clip: Clips
) -> "Way":
    require_websockets()
    token = required_token(settings, environ)
    # Here, not above: it needs websockets.
    from digitd.monitor.server import page  # noqa: PLC0415

    return page(tap, gallery, settings.host, settings.port, token, clip)


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
