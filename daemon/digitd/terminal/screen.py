"""Where it is shown: a terminal that can be drawn on, or lines, for pipes and terminals that cannot."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.live import Live
from rich.text import Text

from digitd.monitor.reading import Answer, Message, State, Utterance
from digitd.terminal.board import Board
from digitd.terminal.card import card, line
from digitd.terminal.controls import QUIT, Wish, summary, wish
from digitd.terminal.keys import can_be_pressed, keys_pressed
from digitd.terminal.look import BLOCKS, Look, signs
from digitd.terminal.reel import Reel, Told

EVERY_S: Final = 1 / 12
"""So often it is drawn at most."""

GRADUAL: Final = ("256", "truecolor")
"""rich's names for terminals with enough colours for a picture."""


class Screen(Protocol):
    """Where it is shown."""

    def show(self, messages: Sequence[Message]) -> None:
        """Show what was told."""

    def lose(self, trouble: str) -> None:
        """Say that what is looked at is not there."""

    @property
    def state(self) -> State | None:
        """What is set, as it was told last."""


class Hand:
    """Whoever looks, at the keyboard.

    Args:
        pressed: Returns the keys pressed since it was last asked.

    Attributes:
        has_had_enough: They want to look no more.
    """

    def __init__(self, pressed: Callable[[], str]) -> None:
        self.has_had_enough = False
        self._pressed = pressed

    def wishes(self, state: State | None) -> list[Wish]:
        """Return what the keys pressed of late ask for, as things are set."""
        keys = self._pressed()
        self.has_had_enough = QUIT in keys
        return [wanted for key in keys if state and (wanted := wish(key, state))]


@contextmanager
def screen(
    stdin: TextIO, stdout: TextIO, environ: Mapping[str, str], title: str
) -> Iterator[tuple[Screen, Hand]]:
    """Open one, with whoever looks at it; the terminal is as it was when the block ends.

    Args:
        stdin: The keyboard, if it is one.
        stdout: What is drawn on.
        environ: What that can show.
        title: What is looked at.
    """
    console = Console(file=stdout, highlight=False, markup=False, emoji=False)
    known = signs(stdout.encoding, environ)
    colours = not console.no_color and console.color_system in GRADUAL
    look = Look(known, gradual=colours and known is BLOCKS)
    if not console.is_terminal:
        yield Lines(stdout, look, title, width=0), Hand(lambda: "")
        return
    with _keyboard(stdin) as pressed:
        if console.is_dumb_terminal:
            yield Lines(stdout, look, title, console.width), Hand(pressed)
            return
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield Drawing(live, Board(title, keys=can_be_pressed(stdin)), look), Hand(pressed)


@contextmanager
def _keyboard(stdin: TextIO) -> Iterator[Callable[[], str]]:
    if not can_be_pressed(stdin):
        yield lambda: ""
        return
    with keys_pressed(stdin) as pressed:
        yield pressed


class Drawing:
    """Utterances that scroll away upwards, and below them what changes all the time.

    Args:
        live: Draws the latter, and prints above it.
        board: What that is.
        look: What the terminal can show.
    """

    def __init__(self, live: Live, board: Board, look: Look) -> None:
        self._live = live
        self._board = board
        self._look = look
        self._reel = Reel()
        self._drawn_at = -EVERY_S

    @property
    def state(self) -> State | None:
        """What is set, as it was told last."""
        return self._board.state

    def show(self, messages: Sequence[Message]) -> None:
        """Print utterances at once, draw the rest when it is time."""
        for message in messages:
            self._board.take(message)
        for told in self._reel.fresh(messages):
            self._live.console.print(self._worded(told))
        if time.monotonic() - self._drawn_at >= EVERY_S:
            self._drawn_at = time.monotonic()
            self._live.update(self._board.drawn(self._live.console.width, self._look), refresh=True)

    def lose(self, trouble: str) -> None:
        """Say below that what is looked at is not there."""
        self._board.trouble = trouble

    def _worded(self, told: Told) -> Text:
        if isinstance(told, Utterance):
            return card(told, self._live.console.width, self._look).append("\n")
        return Text(f"{told.text}\n", style="bold green")


class Lines:
    """Everything one after the other, nothing ever drawn over.

    Args:
        stdout: Where it is written.
        look: What can be shown there.
        title: What is looked at.
        width: Of a terminal; 0 for a pipe, where each utterance is one line.
    """

    def __init__(self, stdout: TextIO, look: Look, title: str, width: int) -> None:
        self.state: State | None = None
        self._stdout = stdout
        self._look = look
        self._width = width
        self._reel = Reel()
        self._is_lost = False
        self._tell(title)

    def show(self, messages: Sequence[Message]) -> None:
        """Write what has happened."""
        self._is_lost = self._is_lost and not messages
        for told in self._reel.fresh(messages):
            self._tell(self._worded(told))
        for message in messages:
            if isinstance(message, Answer) and message.error:
                self._tell(message.error)
            if isinstance(message, State):
                if self.state and summary(self.state) != summary(message):
                    self._tell(summary(message))
                self.state = message

    def lose(self, trouble: str) -> None:
        """Write that what is looked at is not there, once."""
        if not self._is_lost:
            self._tell(trouble)
        self._is_lost = True

    def _worded(self, told: Told) -> str:
        if not isinstance(told, Utterance):
            return told.text
        return f"{card(told, self._width, self._look).plain}\n" if self._width else line(told, self._look)

    def _tell(self, text: str) -> None:
        self._stdout.write(f"{text}\n")
        self._stdout.flush()  # whoever reads a pipe wants to see it as it happens
