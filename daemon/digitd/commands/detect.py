"""The pipeline over recordings, each a room of its own, as fast as it goes."""

import sys
from collections.abc import Iterator
from pathlib import Path

from digitd.audio.files import expand, file_blocks
from digitd.audio.streams import stream_blocks
from digitd.commands.recogniser import Recogniser
from digitd.messages import AudioBlock, Detection, Rejection
from digitd.pipeline import verdicts

STANDARD_INPUT = "-"


def recordings(path: str) -> list[str]:
    """Return the recordings that a path on the command line stands for.

    Raises:
        InputError: A folder holds none.
    """
    return [path] if path == STANDARD_INPUT else [str(found) for found in expand([path])]


def heard_in(recording: str, recogniser: Recogniser) -> Iterator[Detection | Rejection]:
    """Tell each utterance of one recording.

    Raises:
        InputError: It cannot be read to its end.
    """
    return verdicts(recogniser.listen(_blocks(recording, recogniser.rate_hz)))


def _blocks(recording: str, rate_hz: int) -> Iterator[AudioBlock]:
    if recording == STANDARD_INPUT:
        return stream_blocks(sys.stdin.fileno(), rate_hz, raw_rate_hz=rate_hz)
    return file_blocks(Path(recording), rate_hz)
