"""Keys, as they are pressed; the terminal is as it was when nobody waits for them any more."""

import os
import select
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

UNUSED: Final = (termios.VSUSP, termios.VQUIT)
"""Ctrl-Z and Ctrl-Backslash would leave the terminal as it is meanwhile."""

MOST: Final = 64
"""Read at once: who leans on a key presses thirty times a second."""


def can_be_pressed(stdin: TextIO) -> bool:
    """Say whether there is a keyboard, and we are who it is meant for."""
    try:
        return stdin.isatty() and os.tcgetpgrp(stdin.fileno()) == os.getpgrp()
    except OSError:  # a terminal, but not the one that we were started from
        return False


@contextmanager
def keys_pressed(stdin: TextIO) -> Iterator[Callable[[], str]]:
    """Yield what returns the keys pressed since it was last asked, without waiting for any."""
    keyboard = stdin.fileno()
    before = termios.tcgetattr(keyboard)
    tty.setcbreak(keyboard)
    own = termios.tcgetattr(keyboard)
    for key in UNUSED:
        own[6][key] = b"\0"
    termios.tcsetattr(keyboard, termios.TCSANOW, own)

    def pressed() -> str:
        ready, _, _ = select.select([keyboard], [], [], 0)
        return os.read(keyboard, MOST).decode(errors="ignore") if ready else ""

    try:
        yield pressed
    finally:
        termios.tcsetattr(keyboard, termios.TCSAFLUSH, before)
