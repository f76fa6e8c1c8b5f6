"""A picture of the last utterances of the daemon that runs here."""

import socket
from collections.abc import Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Final

import numpy as np

from digitd.commands.attached import connected, understood
from digitd.commands.recogniser import site
from digitd.config import Config
from digitd.errors import InputError, UnavailableError
from digitd.messages import Score
from digitd.monitor.place import places
from digitd.monitor.reading import Present, Utterance
from digitd.pictures.album import Memory, draw_album

WITHIN_S: Final = 5.0


def draw_last(config: Config, environ: Mapping[str, str], count: int, out: Path) -> str:
    """Draw them, the oldest first, and say what was drawn.

    Raises:
        UnavailableError: No daemon runs here, or it does not answer, or is not ours to look at.
        InputError: It has heard nothing that may be drawn, or the picture cannot be written.
    """
    opened = connected(places(site(config), environ))
    if opened is None:
        raise UnavailableError(f"no daemon runs here for the site {site(config)}; see -c and monitor.socket")
    with opened:
        told = _past(opened)
    memories = [memory for one in told[-count:] if (memory := remembered(one))]
    if not memories:
        raise InputError("the daemon has heard nothing yet that may be drawn")
    draw_album(memories, out)
    accepted = sum(memory.accepted for memory in memories)
    return f"{out}: {len(memories)} utterances, {accepted} of them accepted"


def _past(opened: socket.socket) -> list[Utterance]:
    """Read what was heard before."""
    opened.settimeout(WITHIN_S)
    told: list[Utterance] = []
    with opened.makefile("rb") as lines:
        try:
            for line in lines:
                match message := understood(line):
                    case Utterance():
                        told.append(message)
                    case Present():
                        return told
        except OSError as error:
            raise UnavailableError(f"the running daemon does not answer: {error}") from error
    raise UnavailableError("the running daemon takes no more onlookers; close a page or a terminal")


def remembered(told: Utterance, zone: tzinfo | None = None) -> Memory | None:
    """Return what can be drawn of an utterance; None where nothing may be seen of it.

    Args:
        told: As the daemon has told it.
        zone: The time that is told; None for that of this machine.
    """
    if told.picture is None or told.outline is None:
        return None
    outline = told.outline
    least, greatest = outline.edges
    return Memory(
        said=f"{told.at.astimezone(zone):%H:%M:%S}   {told.duration_ms:.0f} ms",
        verdict=f"{told.name} {told.top[0][1]:.2f}" if told.accepted else told.reason or "ignored",
        accepted=told.accepted,
        score=Score(dict(told.top)) if told.top else None,
        image=told.picture.values.astype(np.float32),
        span_s=(outline.start_s, outline.end_s),
        edges_s=(told.onset_s, told.offset_s),
        least=least,
        greatest=greatest,
    )
