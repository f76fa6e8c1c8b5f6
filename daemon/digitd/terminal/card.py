"""An utterance: what the network saw of it, its scores, what came of it and why. Pure."""

from typing import Final

from rich.text import Text

from digitd.monitor.reading import Utterance
from digitd.terminal.look import Look
from digitd.terminal.picture import picture

PICTURE_ROWS: Final = 3
"""As many as there is to be said beside it."""

PICTURE_COLUMNS: Final = 25
NARROW_PICTURE_COLUMNS: Final = 12
WORDS_COLUMNS: Final = 40
"""What is said beside the picture is rarely longer."""


def card(told: Utterance, width: int, look: Look) -> Text:
    """Return an utterance as three rows with its picture on the left, as far as there is room for that."""
    words = [_verdict(told, look), Text(_measures(told), style="dim"), Text(_scores(told))]
    columns = _picture_columns(width)
    if told.picture and columns:
        beside = picture(told.picture.values, columns, PICTURE_ROWS, look)
    else:
        beside = [Text()] * PICTURE_ROWS
    gap = "  " if told.picture and columns else ""
    rows = [Text.assemble(drawn, gap, said) for drawn, said in zip(beside, words, strict=True)]
    for row in rows:
        row.truncate(width)
    return Text("\n").join(rows)


def line(told: Utterance, look: Look) -> str:
    """Return an utterance as one line, for pipes."""
    top = "  ".join(f"{label} {posterior:.2f}" for label, posterior in told.top) or told.name or "not asked"
    levels = f"{told.level_dbfs:6.1f} dBFS over {told.floor_dbfs:6.1f}"
    return f"{_time(told, look)}  {levels}  {told.duration_ms:5.0f} ms  {top:<24}  {_outcome(told)}"


def _picture_columns(width: int) -> int:
    """Return how wide a picture may be; 0 where there is no room for one."""
    for columns in (PICTURE_COLUMNS, NARROW_PICTURE_COLUMNS):
        if width >= columns + WORDS_COLUMNS:
            return columns
    return 0


def _verdict(told: Utterance, look: Look) -> Text:
    style = "bold green" if told.accepted else "yellow"
    return Text.assemble(_time(told, look), "  ", (told.name or "-", "bold"), "  ", (_outcome(told), style))


def _time(told: Utterance, look: Look) -> str:
    return f"{told.at.astimezone(look.zone):%H:%M:%S}"


def _outcome(told: Utterance) -> str:
    return "accepted" if told.accepted else told.reason or "ignored"


def _measures(told: Utterance) -> str:
    return f"{told.duration_ms:.0f} ms, {told.level_dbfs:.1f} dBFS over {told.floor_dbfs:.1f}"


def _scores(told: Utterance) -> str:
    if not told.top:
        return "the model was not asked" if told.name is None else "scores are not shown: it may be secret"
    best = "  ".join(f"{label} {posterior:.2f}" for label, posterior in told.top)
    return best if told.needed is None else f"{best}  needs {told.needed:.2f}"
