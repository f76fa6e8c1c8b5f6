"""What detector and model make of the room, live: of a daemon that runs here, or listening alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol, TextIO

from digitd.commands.alone import listening_alone
from digitd.commands.attached import Attached, connected
from digitd.commands.recogniser import site
from digitd.config import Config
from digitd.monitor.place import places
from digitd.monitor.reading import Message
from digitd.service.lifecycle import stop_requests
from digitd.terminal.screen import screen

GONE = "the daemon has ended, hangs, or is looked at by too many already; it is looked for"


class View(Protocol):
    """Something to look at.

    Attributes:
        title: Which.
    """

    title: str

    def news(self) -> Iterator[Sequence[Message] | None]:
        """Tell what there is, many times a second, until it is over; None says that it is gone for now."""

    def ask(self, topic: str, payload: str) -> None:
        """Ask for something, in the words of MQTT."""


def listen(config: Config, stdin: TextIO, stdout: TextIO, environ: Mapping[str, str], *, alone: bool) -> None:
    """Show what is heard until a key or a signal asks for the end, or the audio is over.

    Args:
        config: Whose daemon, and how to listen where none runs.
        stdin: The keyboard, if it is one.
        stdout: A terminal, or whatever takes lines.
        environ: Where the runtime directory is, and what the terminal can show.
        alone: Listen beside a daemon that runs.

    Raises:
        DigitdError: As for `run`, without the broker; or the daemon is not ours to look at.
    """
    with (
        stop_requests() as stopped,
        _view(config, environ, stopped, alone=alone) as view,
        screen(stdin, stdout, environ, view.title) as (shown, hand),
    ):
        for told in view.news():
            if told is None:
                shown.lose(GONE)
            shown.show(told or [])
            for topic, payload in hand.wishes(shown.state):
                view.ask(topic, payload)
            if hand.has_had_enough:
                return


def _view(
    config: Config, environ: Mapping[str, str], stopped: Callable[[], bool], *, alone: bool
) -> AbstractContextManager[View]:
    """A microphone that a daemon has open is often nobody else's, and its own detector is what misheard."""
    where = places(site(config), environ)
    opened = None if alone else connected(where)
    return nullcontext(Attached(opened, where, stopped)) if opened else listening_alone(config, stopped)
