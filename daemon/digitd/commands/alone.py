"""Listening for oneself alone: the same pipeline as the daemon's, and nothing is published."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager

from digitd.audio import open_source
from digitd.commands.onlookers import Onlookers
from digitd.commands.recogniser import Recogniser
from digitd.commands.remote import changed
from digitd.commands.tuning import page_state, with_tried
from digitd.config import Config
from digitd.decide import Orders
from digitd.messages import AudioBlock
from digitd.monitor.gallery import Gallery
from digitd.monitor.reading import Message, read
from digitd.monitor.tap import Question, Tap
from digitd.publish.orders import OrderError, Request, understood
from digitd.service.lifecycle import until


@contextmanager
def listening_alone(config: Config, stopped: Callable[[], bool]) -> Iterator["Alone"]:
    """Open the source as long as the block lasts.

    Raises:
        DigitdError: As for `run`, without the broker.
    """
    recogniser = Recogniser(config)
    with open_source(config.audio, recogniser.rate_hz) as blocks:
        yield Alone(config, recogniser, until(stopped, blocks))


class Alone:
    """A daemon without a broker, and with one who looks.

    Args:
        config: The configuration.
        recogniser: Made of it.
        audio: What it listens to.
    """

    def __init__(self, config: Config, recogniser: Recogniser, audio: Iterator[AudioBlock]) -> None:
        self.title = f"listening with {recogniser.title}"
        self._config = self._kept = config
        self._orders = Orders()
        self._recogniser = recogniser
        self._audio = audio
        self._tap = Tap()
        self._onlookers = Onlookers(self._tap, self._do, lambda: {"state": "listening", "reason": ""})
        self._tell()
        self._gallery = Gallery(self._tap, recogniser.rate_hz)
        self._viewer = self._gallery.enter()

    def news(self) -> Iterator[Sequence[Message]]:
        """Tell what comes of each block, until the audio is over or it is asked to stop."""
        midway = False
        while not (yield from self._heard_by(self._recogniser, midway=midway)):
            midway = True

    def ask(self, topic: str, payload: str) -> None:
        """Ask for something; what comes of it is told."""
        self._tap.ask(Question(self._viewer.number, 0, topic, payload))

    def _heard_by(self, recogniser: Recogniser, *, midway: bool) -> Generator[Sequence[Message], None, bool]:
        """Listen until another recogniser has to go on; return whether the audio is over instead."""
        for moment in recogniser.listen(self._audio, midway=midway):
            self._onlookers.show(moment, recogniser, hidden=None)
            self._gallery.hand_on()
            yield [message for line in self._viewer.taken() if (message := read(line))]
            if self._recogniser is not recogniser:
                return False
        return True

    def _do(self, topic: str, payload: str) -> None:
        """Do what is asked for.

        Raises:
            DigitdError: It cannot be done; nothing has changed.
        """
        if topic == "detector/set":
            self._config = with_tried(self._config, payload)
            self._recogniser = Recogniser(self._config)
        else:
            self._orders = self._changed(topic, payload)
        self._recogniser.obey(self._orders)
        self._tell()

    def _changed(self, topic: str, payload: str) -> Orders:
        order = understood(topic, payload.encode(), self._recogniser.keywords)
        if isinstance(order, Request):
            raise OrderError(f"{order.verb}: only a daemon does that", order.verb)
        return changed(self._orders, order)

    def _tell(self) -> None:
        self._onlookers.tell(page_state(self._config, self._kept, self._orders))
