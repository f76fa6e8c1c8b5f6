"""The page: plain HTTP for its files, a WebSocket for each browser that looks. The monitor's thread only."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.http11 import Request, Response

from digitd.errors import UnavailableError
from digitd.monitor.door import Door
from digitd.monitor.gallery import MOST_VIEWERS, Gallery
from digitd.monitor.reception import Reception
from digitd.monitor.tap import Tap
from digitd.monitor.thread import Way, refused
from digitd.monitor.viewers import Viewer
from digitd.monitor.wire import LONGEST_QUESTION

log = logging.getLogger(__name__)

MOST_CONNECTIONS: Final = 4 * MOST_VIEWERS
"""A browser opens several for the page's files."""

REQUEST_WITHIN_S: Final = 5.0
DEAD_AFTER_S: Final = 15.0
FAREWELL_S: Final = 0.2

CLOSED_WITH: Final = {"not understood": 1008, "too many questions": 1013}
"""By why a question was refused: the code of RFC 6455."""


def page(  # noqa: PLR0913, PLR0917 - where, for whom, and what
    tap: Tap, gallery: Gallery, host: str, port: int, token: str, clip: Callable[[str], bytes | None]
) -> Way:
    """Open the port, and return what serves the page there.

    Raises:
        UnavailableError: The port cannot be opened.
    """
    served = _Page(tap, gallery, Reception(Door(token, port), gallery, clip)).served(_opened(host, port))
    log.info("page open url=http://%s:%d/ token=%s", host, port, "needed" if token else "none")
    return served


class _Page:
    """What is served.

    Args:
        tap: To the main thread.
        gallery: What there is to be seen.
        reception: Who answers at the door.
    """

    def __init__(self, tap: Tap, gallery: Gallery, reception: Reception) -> None:
        self._tap = tap
        self._gallery = gallery
        self._reception = reception

    @asynccontextmanager
    async def served(self, listener: socket.socket) -> AsyncIterator[None]:
        """Serve as long as the block lasts."""
        server = await serve(
            self._show,
            sock=listener,
            process_request=self._greet,
            create_connection=_Connection,
            compression=None,  # on the same machine it costs more than it spares
            server_header=None,
            max_size=LONGEST_QUESTION,
            max_queue=4,
            open_timeout=REQUEST_WITHIN_S,
            ping_interval=DEAD_AFTER_S,
            ping_timeout=DEAD_AFTER_S,
            close_timeout=1.0,
            logger=_quiet_logger(),
        )
        try:
            yield
        finally:
            server.close()
            await asyncio.wait([asyncio.ensure_future(server.wait_closed())], timeout=FAREWELL_S)

    def _greet(self, connection: ServerConnection, request: Request) -> Response | None:
        address = connection.remote_address
        return self._reception.answer(request, str(address[0]) if address else "")

    async def _show(self, connection: ServerConnection) -> None:
        viewer = self._gallery.enter()
        telling = asyncio.create_task(_tell(viewer, connection))
        try:
            await self._listen(viewer, connection)
        finally:
            telling.cancel()
            self._gallery.leave(viewer)

    async def _listen(self, viewer: Viewer, connection: ServerConnection) -> None:
        """Pass on what is asked, until the page is closed; what is no question is none of our page's."""
        async for message in connection:
            if reason := refused(message, viewer, self._tap):
                await connection.close(CLOSED_WITH[reason], reason)
                return


async def _tell(viewer: Viewer, connection: ServerConnection) -> None:
    """Send what there is; a browser that takes it slowly makes only itself wait."""
    with suppress(ConnectionClosed):
        while True:
            await connection.send(await viewer.next())


class _Connection(ServerConnection):
    """One of not too many: the daemon needs open files of its own."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hang up at once when there are too many."""
        super().connection_made(transport)
        if len(self.server.handlers) > MOST_CONNECTIONS:
            self.transport.abort()


def _quiet_logger() -> logging.Logger:
    """Let bugs of ours be told, but not who speaks no HTTP, or hangs up early."""
    logger = logging.getLogger(f"{__name__}.connections")
    logger.setLevel(logging.ERROR)
    logger.filters = [_is_no_fault_of_theirs]
    return logger


def _is_no_fault_of_theirs(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (WebSocketException, OSError, EOFError))


def _opened(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise UnavailableError(
            f"monitor: {host}:{port}: {error.strerror or error}; is another digitd running here? "
            "Change monitor.host or monitor.port, or set monitor.enabled: false"
        ) from error
    return listener
