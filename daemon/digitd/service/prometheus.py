"""Who hands Prometheus the numbers: a server of HTTP with a single thread."""

import logging
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import TCPServer
from threading import Event, Thread
from typing import Any

from prometheus_client import CollectorRegistry, Metric, MetricsHandler, ProcessCollector
from prometheus_client.registry import Collector

from digitd.errors import UnavailableError
from digitd.service.board import Board
from digitd.service.families import families

log = logging.getLogger(__name__)

REQUEST_WITHIN_S = 2.0
"""Who has connected has to say what it wants: there is one thread, and one reader at a time."""

END_WITHIN_S = 0.1
"""A reader that dawdles does not hold up the end of the process."""


@contextmanager
def serving(board: Board, host: str, port: int) -> Iterator[None]:
    """Answer each request with what the board shows, in a thread of its own, as long as the block lasts.

    Raises:
        UnavailableError: The port cannot be opened.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    registry.register(_BoardCollector(board))
    server = _opened(host, port, registry)
    ending = Event()

    def serve() -> None:
        while not ending.is_set():
            server.handle_request()

    thread = Thread(target=serve, name="metrics", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        server.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread
        thread.join(END_WITHIN_S)
        server.server_close()


class _BoardCollector(Collector):
    """What prometheus-client asks at each request."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        """Return what the board shows, if it shows anything yet."""
        reading = self._board.reading
        return families(reading) if reading else iter(())


class _Scrape(MetricsHandler):
    """One request."""

    timeout = REQUEST_WITHIN_S


class _Server(TCPServer):
    """Not http.server's, which looks up our own name: without a name server that takes seconds."""

    allow_reuse_address = True

    def __init__(self, family: int, address: Any, handler: type) -> None:  # noqa: ANN401 - differs by family
        self.address_family = family
        super().__init__(address, handler)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - as it is called
        """Tell a bug of ours; a reader that went away is its own affair."""
        error = sys.exception()
        if not isinstance(error, OSError):
            log.error("metrics failed", exc_info=error)


def _opened(host: str, port: int, registry: CollectorRegistry) -> _Server:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return _Server(family, address, _Scrape.factory(registry))
    except OSError as error:
        raise UnavailableError(
            f"metrics: {host}:{port}: {error.strerror or error}; is another digitd running here? "
            "Change metrics.host or metrics.port, or set metrics.enabled: false"
        ) from error
