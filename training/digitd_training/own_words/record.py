"""One's own words, recorded: asks, listens as the daemon does, keeps labelled takes. It plays nothing."""

import math
import os
import select
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import numpy as np

from digitd.audio import open_source
from digitd.config import Config
from digitd.detect.tape import Tape
from digitd.errors import UnavailableError
from digitd.messages import AudioBlock
from digitd.pipeline import Heard, detected
from digitd.service.lifecycle import stop_requests, until
from digitd_training.own_words.booth import Booth, Message, Prompt, Refusal, Take
from digitd_training.own_words.rounds import Rounds
from digitd_training.own_words.shelf import RATE_HZ, Shelf

ROOM = "_noise_"
"""The folder of what was recorded while nobody spoke; no word begins with an underscore."""

UNDO = "u"

SHOWN_EACH = 5
"""Blocks to a level that is shown: ten times a second, unless `audio.block_ms` says otherwise."""

QUIETEST_DBFS = -80
CELL_DB = 2
CELLS = -QUIETEST_DBFS // CELL_DB


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be recorded.

    Attributes:
        words: Each goes into the folder of its name.
        takes: So many of each, those that are there already included.
        room_s: So many seconds of the room are kept before; 0 for none.
    """

    words: tuple[str, ...]
    takes: int
    room_s: float = 0.0

    def missing(self, shelf: Shelf) -> int:
        """Count the takes that are not there yet."""
        return sum(max(self.takes - len(shelf.takes(word)), 0) for word in self.words)


@dataclass(frozen=True, slots=True)
class Line:
    """A line for the person who speaks.

    Attributes:
        text: What it says.
        passing: The next line takes its place; nothing for a log.
    """

    text: str
    passing: bool = False


def record(
    config: Config, wanted: Wanted, shelf: Shelf, rng: np.random.Generator, keyboard: TextIO
) -> Iterator[Line]:
    """Record until every take is there, a signal asks for the end, or the audio is over.

    Args:
        config: Which microphone and which detector: the daemon's.
        wanted: What to record.
        shelf: Where it goes, and what is there already.
        rng: Draws the order of the words.
        keyboard: Where `UNDO` may be typed, if it is a terminal.

    Yields:
        What to show.

    Raises:
        DigitdError: The microphone is not there, gives only zeros, or was lost; or a take cannot be
            written. What was kept until then stays.
    """
    rounds = Rounds({word: len(shelf.takes(word)) for word in wanted.words}, wanted.takes, rng)
    with stop_requests() as stopped, open_source(config.audio, RATE_HZ) as blocks:
        audio = until(stopped, blocks)
        yield Line("Ctrl-C ends; the same command goes on where it ended")
        if keyboard.isatty():
            yield Line(f"{UNDO} and Enter throws the latest take away")
        if wanted.room_s:
            yield from _room(audio, wanted.room_s, shelf)
        if rounds.word:
            ears = replace(config.detector, connected=False)  # words come one at a time here
            yield from _words(detected(audio, ears, RATE_HZ), rounds, shelf, keyboard)
    yield from _summary(wanted, shelf)


def meter(level_dbfs: float, onset_dbfs: float) -> str:
    """Draw a level, dBFS, and the level at which the detector takes notice."""
    level, onset = (
        round((min(max(dbfs, QUIETEST_DBFS), 0) - QUIETEST_DBFS) / CELL_DB)
        for dbfs in (level_dbfs, onset_dbfs)
    )
    bar = "#" * level + " " * (CELLS - level)
    return f"[{bar[:onset]}|{bar[onset:]}] {level_dbfs:4.0f} dBFS"


def _room(blocks: Iterable[AudioBlock], seconds: float, shelf: Shelf) -> Iterator[Line]:
    """Keep the first stretch without a gap that is long enough."""
    yield Line(f"quiet, please: listening to the room for {seconds:g} s")
    tape = Tape(0)
    for block in blocks:
        if block.start != tape.end:
            tape = Tape(block.start)
        tape.append(block.samples)
        end = tape.start + round(seconds * RATE_HZ)
        if tape.end >= end:
            samples = tape.cut(tape.start, end)
            if not samples.any():
                raise UnavailableError("the microphone gives only zeros; is it muted?")
            yield Line(f"  kept {shelf.keep(ROOM, samples)}")
            return
        yield Line(f"  {math.ceil((end - tape.end) / RATE_HZ)} s", passing=True)


def _words(heard: Iterable[Heard], rounds: Rounds, shelf: Shelf, keyboard: TextIO) -> Iterator[Line]:
    booth = Booth(rounds, RATE_HZ)
    kept: list[tuple[str, Path]] = []
    for count, one in enumerate(heard):
        for message in booth.feed(one):
            yield Line(_acted_on(message, shelf, kept))
        if rounds.word is None:
            return
        if UNDO in _typed(keyboard).split() and kept:
            yield Line(f"  threw {_thrown_away(booth, kept)} away")
        if count % SHOWN_EACH == 0 and one.level_dbfs is not None:
            asked = f"say {booth.asked.word!r}" if booth.asked else "quiet, please"
            yield Line(f"{meter(one.level_dbfs, one.onset_dbfs)}  {asked}", passing=True)


def _acted_on(message: Message, shelf: Shelf, kept: list[tuple[str, Path]]) -> str:
    match message:
        case Prompt(word, number, wanted):
            return f"say {word!r} ({number} of {wanted})"
        case Refusal(_, reason):
            return f"  not kept: {reason}"
        case Take(word, samples, seconds):
            path = shelf.keep(word, samples)
            kept.append((word, path))
            return f"  kept {path}, {seconds:.2f} s"


def _thrown_away(booth: Booth, kept: list[tuple[str, Path]]) -> Path:
    word, path = kept.pop()
    path.unlink(missing_ok=True)
    booth.undo(word)
    return path


def _typed(keyboard: TextIO) -> str:
    """Return the lines that were typed since the last time, without waiting for one."""
    if not keyboard.isatty() or not select.select([keyboard], [], [], 0)[0]:
        return ""
    return os.read(keyboard.fileno(), 1 << 10).decode(errors="replace")


def _summary(wanted: Wanted, shelf: Shelf) -> Iterator[Line]:
    for word in wanted.words:
        yield Line(f"{word:<12} {len(shelf.takes(word))} of {wanted.takes}")
    if missing := wanted.missing(shelf):
        yield Line(f"{missing} still missing in {shelf.folder}: the same command asks for them")
        return
    yield Line(f"all in {shelf.folder}; delete a file, and the same command asks for another")
    folder = shlex.quote(str(shelf.folder))
    yield Line("next: digitd-train fetch an4 fsdd --to recordings, what everything else sounds like; then")
    yield Line(f"      digitd-train train --words {folder} --data recordings -o words.tflite")
