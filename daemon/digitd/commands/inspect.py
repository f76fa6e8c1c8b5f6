"""Pictures of what the daemon makes of recordings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from digitd.commands.detect import blocks_of
from digitd.commands.recogniser import Recogniser
from digitd.errors import InputError
from digitd.features import reduced_spectrogram
from digitd.messages import Float32
from digitd.pictures.contact_sheet import draw_contact_sheet
from digitd.pictures.portrait import MOST, draw_portrait
from digitd.pictures.study import Seen, Study
from digitd.pipeline import Moment

ON_A_SHEET = 60
"""Recordings on one contact sheet."""

LONGEST_S = 600.0
"""More of a recording cannot be told apart in a picture, and is not held in memory."""

BLOCK_MS = 20.0
"""As the daemon's own: so finely the level is drawn."""

UNDECIDED_S = 12.0
"""An utterance is known so late: the longest that can be set, with the longest hang-over."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of each recording that is looked at.

    Attributes:
        from_s: Its beginning, seconds.
        to_s: Its end, seconds.
        most_s: It may not be longer.
    """

    from_s: float = 0.0
    to_s: float = float("inf")
    most_s: float = LONGEST_S


def study(recording: str, recogniser: Recogniser, stretch: Stretch) -> Study:
    """Listen to a recording from its beginning, as the daemon would, and keep what is drawn of a stretch.

    Raises:
        InputError: It cannot be read, has nothing in the stretch, or the stretch is too long.
    """
    rate_hz = recogniser.rate_hz
    start, end = (at_s * rate_hz for at_s in (stretch.from_s, stretch.to_s))
    kept: list[Moment] = []
    spoken: list[Seen] = []
    for moment in recogniser.listen(blocks_of(recording, rate_hz, BLOCK_MS)):
        block = moment.heard.block
        if block.start > end + UNDECIDED_S * rate_hz:
            break
        spoken += [
            Seen(verdict, reduced_spectrogram(verdict.utterance.samples, recogniser.cascade.card.features))
            for verdict in moment.verdicts
            if start <= verdict.utterance.onset < end
        ]
        if len(block.samples) and block.end > start and block.start < end:
            kept.append(moment)
            if block.end - kept[0].heard.block.start > stretch.most_s * rate_hz:
                raise InputError(
                    f"{recording}: longer than {stretch.most_s / 60:g} minutes; draw a part: --from, --to"
                )
    if not kept:
        raise InputError(f"{recording}: nothing from {stretch.from_s:g} s to {stretch.to_s:g} s")
    return _study(recording, rate_hz, kept, spoken)


def draw(studies: Iterable[Study], out: Path, *, alone: bool) -> Iterator[str]:
    """Draw one recording large, or many on contact sheets; tell each picture that was written.

    Raises:
        InputError: A picture cannot be written.
    """
    if alone:
        for one in studies:
            draw_portrait(one, out)
            yield f"{out}: {_summary([one])}{_left_out(one)}"
        return
    remaining = iter(studies)
    number = 1
    while sheet := list(islice(remaining, ON_A_SHEET)):
        path = out if number == 1 else out.with_stem(f"{out.stem}-{number}")
        draw_contact_sheet(sheet, path)
        yield f"{path}: {len(sheet)} recordings, {_summary(sheet)}"
        number += 1


def _study(recording: str, rate_hz: int, kept: list[Moment], seen: list[Seen]) -> Study:
    heard = [moment.heard for moment in kept]
    return Study(
        name=recording,
        rate_hz=rate_hz,
        start=heard[0].block.start,
        samples=np.concatenate([one.block.samples for one in heard]),
        conditioned=np.concatenate([one.conditioned for one in heard]),
        block_ends_s=_array([one.block.end / rate_hz for one in heard]),
        onsets_dbfs=_array([one.onset_dbfs for one in heard]),
        seen=seen,
    )


def _array(values: list[float]) -> Float32:
    return np.array(values, np.float32)


def _summary(studies: list[Study]) -> str:
    found, accepted = sum(len(one.seen) for one in studies), sum(one.accepted for one in studies)
    return f"{found} utterances, {accepted} of them accepted"


def _left_out(study: Study) -> str:
    if len(study.seen) <= MOST:
        return ""
    return f"; the first {MOST} are drawn, --from and --to choose others"
