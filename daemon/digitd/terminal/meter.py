"""The level between noise floor and thresholds, as a bar. Pure."""

from dataclasses import dataclass
from typing import Final

from rich.text import Text

from digitd.terminal.look import Look, Signs

LOWEST_DBFS, HIGHEST_DBFS = -90.0, 0.0

LOUD, FADING, QUIET = "bold green", "yellow", "bright_black"
"""Above what opens an utterance, above what ends it, and below both."""

FLOOR, OFFSET, ONSET = "cyan", "bold yellow", "bold red"

WORDINGS: Final = (
    (("level", "noise floor", "ends below", "begins above"), " dBFS"),
    (("level", "floor", "ends", "begins"), ""),
    (("", "", "", ""), ""),
)
"""The same ever shorter, with the unit."""


@dataclass(frozen=True, slots=True)
class Levels:
    """What the detector compares, decibels below full scale.

    Attributes:
        level: The loudest moment of late.
        floor: What the room has when nobody speaks.
        offset: What the sound must fall below to end an utterance.
        onset: What it must rise above to begin one.
    """

    level: float
    floor: float
    offset: float
    onset: float

    @property
    def style(self) -> str:
        """How the bar is drawn."""
        if self.level > self.onset:
            return LOUD
        return FADING if self.level > self.offset else QUIET


def bar(levels: Levels, width: int, look: Look) -> Text:
    """Draw the level in so many cells, with a mark at the noise floor and at each threshold."""
    signs = look.signs
    cells = [(sign, levels.style) for sign in _filled(levels.level, width, signs.bar)]
    marks = (
        (levels.floor, signs.floor, FLOOR),
        (levels.offset, signs.offset, OFFSET),
        (levels.onset, signs.onset, ONSET),
    )
    for at_dbfs, sign, style in marks:  # the last one is the one to be seen where they meet
        cells[min(int(_share(at_dbfs) * width), width - 1)] = sign, style
    return Text.assemble(*cells)


def legend(levels: Levels, width: int, look: Look) -> Text:
    """Say the same in numbers, in as many words as there is room for; the marks explain themselves."""
    told = [_legend(levels, look.signs, words, unit) for words, unit in WORDINGS]
    return next((one for one in told if one.cell_len <= width), told[-1])


def _legend(levels: Levels, signs: Signs, words: tuple[str, ...], unit: str) -> Text:
    parts = (
        ("", levels.level, levels.style),
        (signs.floor, levels.floor, FLOOR),
        (signs.offset, levels.offset, OFFSET),
        (signs.onset, levels.onset, ONSET),
    )
    return Text("  ").join(
        Text(" ").join([*filter(None, [Text(sign, style), Text(word)]), Text(f"{level:.0f}{unit}")])
        for word, (sign, level, style) in zip(words, parts, strict=True)
    )


def _filled(level_dbfs: float, width: int, signs: str) -> str:
    """Fill cells from the left, the last of them by parts."""
    steps = len(signs) - 1
    filled = round(_share(level_dbfs) * width * steps)
    whole, part = divmod(filled, steps)
    return (signs[-1] * whole + (signs[part] if part else "")).ljust(width)


def _share(level_dbfs: float) -> float:
    share = (level_dbfs - LOWEST_DBFS) / (HIGHEST_DBFS - LOWEST_DBFS)
    return min(max(share, 0.0), 1.0)
