"""What a terminal can show: which signs, how many colours. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final


@dataclass(frozen=True, slots=True)
class Signs:
    """What is drawn with, each one cell wide.

    Attributes:
        bar: A cell of a bar, the fuller the later.
        shades: A point of a picture, the brighter the later.
        floor: Where the room's noise floor is.
        offset: What the sound must fall below to end an utterance.
        onset: What it must rise above to begin one.
    """

    bar: str
    shades: str
    floor: str
    offset: str
    onset: str


BLOCKS: Final = Signs(bar=" ▏▎▍▌▋▊▉█", shades=" ░▒▓█", floor="┊", offset="◂", onset="▸")
ASCII: Final = Signs(bar=" #", shades=" .:-=+*#%@", floor=":", offset="<", onset=">")


@dataclass(frozen=True, slots=True)
class Look:
    """How things are drawn in one terminal.

    Attributes:
        signs: With which.
        gradual: There are enough colours for a picture, so that each cell holds two points of it.
        zone: The time that is told; None for that of this machine.
    """

    signs: Signs = BLOCKS
    gradual: bool = True
    zone: tzinfo | None = None


def signs(encoding: str, environ: Mapping[str, str]) -> Signs:
    """Return those that a terminal can show, as far as it says.

    Args:
        encoding: What is written is written in it.
        environ: `LC_ALL=C` asks for nothing but ASCII, though Python writes UTF-8 then (PEP 540).
    """
    if environ.get("LC_ALL") in {"C", "POSIX"}:
        return ASCII
    try:
        f"{BLOCKS.bar}{BLOCKS.shades}{BLOCKS.floor}{BLOCKS.offset}{BLOCKS.onset}▀".encode(encoding)
    except UnicodeEncodeError:
        return ASCII
    return BLOCKS
