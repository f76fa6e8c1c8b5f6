"""A network between us and the broker that can fail without a word, for tests."""

import selectors
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from integration.brokers import free_port


class Gateway:
    """Passes bytes on in both directions.

    Attributes:
        port: Where it listens, on this machine only.
    """

    def __init__(self, broker_port: int) -> None:
        self.port = free_port()
        self._broker_port = broker_port
        self._peers: dict[socket.socket, socket.socket] = {}
        self._lost: set[socket.socket] = set()
        self._ended = Event()

    def forget_connections(self) -> None:
        """Pass on no more of what runs now, and say so to nobody; new connections work."""
        self._lost = set(self._peers)

    def run(self) -> None:
        """Serve until `end`."""
        with (
            socket.create_server(("127.0.0.1", self.port)) as server,
            selectors.DefaultSelector() as selector,
        ):
            selector.register(server, selectors.EVENT_READ)
            while not self._ended.is_set():
                for key, _ in selector.select(0.05):
                    if key.fileobj is server:
                        self._join(server.accept()[0], selector)
                    elif isinstance(key.fileobj, socket.socket):
                        self._pass_on(key.fileobj, selector)
        for end in self._peers:
            end.close()

    def end(self) -> None:
        """Let `run` return."""
        self._ended.set()

    def _join(self, ours: socket.socket, selector: selectors.BaseSelector) -> None:
        theirs = socket.create_connection(("127.0.0.1", self._broker_port))
        self._peers |= {ours: theirs, theirs: ours}
        for end in (ours, theirs):
            selector.register(end, selectors.EVENT_READ)

    def _pass_on(self, end: socket.socket, selector: selectors.BaseSelector) -> None:
        try:
            some = end.recv(65536)
        except ConnectionResetError:
            some = b""
        if end in self._lost:
            if not some:
                selector.unregister(end)
            return
        with suppress(OSError):
            if some:
                self._peers[end].sendall(some)
            else:
                selector.unregister(end)
                self._peers[end].shutdown(socket.SHUT_WR)


@contextmanager
def gateway(broker_port: int) -> Iterator[Gateway]:
    """Run a gateway to a broker on this machine."""
    running = Gateway(broker_port)
    thread = Thread(target=running.run)
    thread.start()
    try:
        yield running
    finally:
        running.end()
        thread.join()
