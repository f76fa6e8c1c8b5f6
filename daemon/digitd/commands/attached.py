"""What a running daemon tells of what it hears, through its socket."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Final

import msgspec

from digitd.errors import UnavailableError
from digitd.monitor.reading import Message, read
from digitd.monitor.wire import question

EVERY_S: Final = 0.05
"""So often whoever looks gets a word in, when nothing is told."""

AGAIN_EVERY_S: Final = 0.5
HANGS_AFTER_S: Final = 3.0
"""A daemon that lives tells something each second, if only that its microphone is lost."""

ENOUGH_BYTES: Final = 1 << 16


def connected(places: Sequence[Path]) -> socket.socket | None:
    """Return a connection with the daemon that has its socket in one of these places; None where none has.

    Raises:
        UnavailableError: There is one, and it is another user's.
    """
    for place in places:
        opened = socket.socket(socket.AF_UNIX)
        try:
            opened.connect(str(place))
        except PermissionError as error:
            opened.close()
            raise UnavailableError(
                f"{place}: a daemon runs here, of another user: try sudo, or --alone to listen beside it"
            ) from error
        except OSError:  # nobody is there
            opened.close()
        else:
            return opened
    return None


class Attached:
    """A daemon that runs; looked for again when it has ended, for it may be started anew.

    Args:
        opened: A connection with it.
        places: Where the next one may be.
        stopped: Says whether to look no more.
    """

    title = "looking at the running daemon"

    def __init__(self, opened: socket.socket, places: Sequence[Path], stopped: Callable[[], bool]) -> None:
        self._opened: socket.socket | None = opened
        self._places = places
        self._stopped = stopped

    def news(self) -> Iterator[Sequence[Message] | None]:
        """Tell what there is, again and again; None says that it is gone or hangs.

        Raises:
            UnavailableError: It is of another version, which speaks otherwise.
        """
        while True:
            if self._opened:
                yield from self._told(self._opened)
            if self._stopped():
                return
            yield None
            yield from self._wait()
            self._opened = connected(self._places)

    def ask(self, topic: str, payload: str) -> None:
        """Ask the daemon for something; what comes of it is told."""
        if self._opened:
            with suppress(OSError):  # it is gone, which is noticed by what it does not tell
                self._opened.sendall(question(topic, payload))

    def _told(self, opened: socket.socket) -> Iterator[Sequence[Message] | None]:
        rest, told_at = b"", monotonic()
        with opened:
            opened.settimeout(EVERY_S)
            while not self._stopped():
                try:
                    received = opened.recv(ENOUGH_BYTES)
                except TimeoutError:
                    yield None if monotonic() - told_at > HANGS_AFTER_S else []
                    continue
                except ConnectionError:
                    return
                if not received:
                    return
                told_at = monotonic()
                *lines, rest = (rest + received).split(b"\n")
                yield [message for line in lines if (message := understood(line))]

    def _wait(self) -> Iterator[Sequence[Message]]:
        until = monotonic() + AGAIN_EVERY_S
        while monotonic() < until and not self._stopped():
            sleep(EVERY_S)
            yield []


def understood(line: bytes) -> Message | None:
    """Return what a daemon has told; None where it means nothing to us.

    Raises:
        UnavailableError: It is of another version, which speaks otherwise.
    """
    try:
        return read(line)
    except msgspec.DecodeError as error:
        raise UnavailableError("the running daemon is of another version: start it anew") from error
