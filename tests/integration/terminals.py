"""A program in a terminal, as whoever sits before it sees it: a real pseudo-terminal, drawn by pyte."""

import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import ioctl
from struct import pack
from typing import Any

import pyte

WITHIN_S = 20.0


@dataclass
class Terminal:
    """What stands on the screen of a program that runs.

    Attributes:
        process: The program.
        screen: What pyte has drawn.
        modes_before: How the terminal was set when it began.
    """

    process: subprocess.Popen[bytes]
    screen: pyte.Screen
    modes_before: list[Any]
    _stream: pyte.ByteStream
    _master: int
    _slave: int

    @property
    def lines(self) -> list[str]:
        """What can be read, without what is empty at the end of each line."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The same, as one."""
        return "\n".join(self.lines)

    @property
    def modes(self) -> list[Any]:
        """How the terminal is set now."""
        return termios.tcgetattr(self._slave)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def see(self, condition: Callable[[], object]) -> None:
        """Look on until something is to be seen."""
        give_up_at = time.monotonic() + WITHIN_S
        while not condition():
            assert time.monotonic() < give_up_at, self.text
            self.look()

    def read(self, *texts: str) -> None:
        """Look on until all this can be read."""
        self.see(lambda: all(text in self.text for text in texts))

    def look(self) -> None:
        """Draw what has been written, waiting a moment for it."""
        ready, _, _ = select.select([self._master], [], [], 0.05)
        if ready:
            self._stream.feed(os.read(self._master, 65536))

    def end(self) -> int:
        """Look on until the program has ended, and return how."""
        self.see(lambda: self.process.poll() is not None)
        for _ in range(3):  # what it has written last
            self.look()
        return self.process.returncode


@contextmanager
def terminal(
    command: Sequence[str], environment: Mapping[str, str], columns: int = 100, rows: int = 40
) -> Iterator[Terminal]:
    """Run a program in a terminal of its own until the block ends."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, pack("HHHH", rows, columns, 0, 0))
    screen = pyte.Screen(columns, rows)
    before = termios.tcgetattr(slave)
    own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **environment}
    with subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=own,
        start_new_session=True,
        preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - no thread here that could hold a lock
    ) as process:
        try:
            yield Terminal(process, screen, before, pyte.ByteStream(screen), master, slave)
        finally:
            process.kill()
            os.close(master)
            os.close(slave)
