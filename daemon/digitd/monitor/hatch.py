"""A Unix socket for whoever looks from a terminal: lines of JSON, to and fro. The monitor's thread only.

Who may open it is a matter of the file's mode, so it needs neither token nor port; and no package.
"""

import asyncio
import socket
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from digitd.monitor.gallery import Gallery
from digitd.monitor.tap import Tap
from digitd.monitor.thread import refused
from digitd.monitor.viewers import Viewer
from digitd.monitor.wire import LONGEST_QUESTION


@asynccontextmanager
async def hatch(listener: socket.socket, tap: Tap, gallery: Gallery) -> AsyncIterator[None]:
    """Show what there is to be seen to whoever connects, as long as the block lasts."""

    async def show(reader: StreamReader, writer: StreamWriter) -> None:
        with suppress(OSError):  # they have gone
            if not gallery.is_full:
                await _show(reader, writer, tap, gallery)
        writer.close()

    server = await asyncio.start_unix_server(show, sock=listener, limit=LONGEST_QUESTION)
    try:
        yield
    finally:
        server.close()


async def _show(reader: StreamReader, writer: StreamWriter, tap: Tap, gallery: Gallery) -> None:
    viewer = gallery.enter()
    telling = asyncio.create_task(_tell(viewer, writer))
    try:
        await _listen(viewer, reader, tap)
    finally:
        telling.cancel()
        gallery.leave(viewer)


async def _listen(viewer: Viewer, reader: StreamReader, tap: Tap) -> None:
    """Pass on what is asked, until they go or what they say is no question."""
    with suppress(ValueError):  # a line that is too long
        async for line in reader:
            if refused(line, viewer, tap):
                return


async def _tell(viewer: Viewer, writer: StreamWriter) -> None:
    """Send what there is; a terminal that takes it slowly makes only itself wait."""
    with suppress(OSError):
        while True:
            writer.write(f"{await viewer.next()}\n".encode())
            await writer.drain()
