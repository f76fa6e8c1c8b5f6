"""The pipeline over recordings, each a room of its own, as fast as it goes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from digitd.audio.files import expand, file_blocks
from digitd.audio.streams import standard_input, stream_blocks
from digitd.commands import told, told_numbers
from digitd.commands.recogniser import Recogniser
from digitd.messages import AudioBlock, Detection, SpokenNumber

STANDARD_INPUT = "-"
FORMS: Final = {
    "table": (told.table_row, told_numbers.table_row),
    "jsonl": (told.jsonl, told_numbers.jsonl),
}
"""What makes a line of an utterance, and of a number."""


def recordings(path: str) -> list[str]:
    """Return the recordings that a path on the command line stands for.

    Raises:
        InputError: A folder holds none.
    """
    return [path] if path == STANDARD_INPUT else [str(found) for found in expand([path])]


def heard_in(recording: str, recogniser: Recogniser, form: str, *, everything: bool) -> Iterator[str]:
    """Yield a line for each utterance and number in one recording.

    Args:
        recording: Its path, or `STANDARD_INPUT`.
        recogniser: Who listens.
        form: One of `FORMS`.
        everything: Tell of what is rejected, too.

    Raises:
        InputError: It cannot be read to its end.
    """
    rate_hz = recogniser.rate_hz
    of_utterance, of_number = FORMS[form]
    for moment in recogniser.listen(blocks_of(recording, rate_hz)):
        for verdict in moment.verdicts:
            if everything or isinstance(verdict, Detection):
                yield of_utterance(recording, verdict, rate_hz)
        for number in moment.numbers:
            if everything or isinstance(number, SpokenNumber):
                yield of_number(recording, number, rate_hz)


def blocks_of(recording: str, rate_hz: int, block_ms: float = 100.0) -> Iterator[AudioBlock]:
    """Read one recording, or standard input.

    Raises:
        InputError: It cannot be read to its end.
    """
    if recording == STANDARD_INPUT:
        return stream_blocks(standard_input(), rate_hz, raw_rate_hz=rate_hz)
    return file_blocks(Path(recording), rate_hz, block_ms)
