"""What the detector and the model make of the room, live."""

from collections.abc import Iterator

from digitd.audio import open_source
from digitd.commands import told, told_numbers
from digitd.commands.recogniser import Recogniser
from digitd.config import Config
from digitd.service.lifecycle import stop_requests, until


def listen(config: Config) -> Iterator[str]:
    """Yield a line for each utterance and each number, until a signal asks for the end or the audio is over.

    Raises:
        DigitdError: As for `run`, without the broker.
    """
    recogniser = Recogniser(config)
    with stop_requests() as stopped, open_source(config.audio, recogniser.rate_hz) as blocks:
        yield f"listening with {recogniser.title}; Ctrl-C ends"
        for moment in recogniser.listen(until(stopped, blocks)):
            yield from (told.live(verdict, recogniser.rate_hz) for verdict in moment.verdicts)
            yield from map(told_numbers.live, moment.numbers)
