"""Numbers for Prometheus, for whoever enables them; without, no port is opened and nothing is imported."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated

from msgspec import Meta

from digitd.errors import ConfigError
from digitd.service.board import Board

PACKAGE = "prometheus_client"


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """Numbers for Prometheus, over HTTP.

    Attributes:
        enabled: Open the port; it needs prometheus-client.
        host: The address to listen on. Whoever can reach it may read, without a password.
        port: The port to listen on.
    """

    enabled: bool = False
    host: Annotated[str, Meta(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 9713


@contextmanager
def metrics_server(settings: MetricsSettings) -> Iterator[Board | None]:
    """Let Prometheus read the board as long as the block lasts; there is none where that is off.

    Raises:
        ConfigError: prometheus-client is not installed.
        UnavailableError: The port cannot be opened.
    """
    if not settings.enabled:
        yield None
        return
    require_package()
    # Here, not above: it needs prometheus-client.
    from digitd.service.prometheus import serving  # noqa: PLC0415

    board = Board()
    with serving(board, settings.host, settings.port):
        yield board


def require_package() -> None:
    """See to it that Prometheus's package is there.

    Raises:
        ConfigError: It is not.
    """
    if find_spec(PACKAGE) is None:
        raise ConfigError(
            "metrics.enabled: prometheus-client is not installed: `pip install 'digitd[metrics]'`, "
            "or set metrics.enabled: false"
        )
