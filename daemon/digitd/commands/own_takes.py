"""The user's own takes, heard as the daemon hears: what stricter thresholds would cost there."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from digitd.audio.files import SUFFIXES, file_blocks
from digitd.budget.takes import NO_TAKES, Takes, takes_heard
from digitd.commands.recogniser import Recogniser
from digitd.errors import InputError

log = logging.getLogger(__name__)

MOST: Final = 100
"""The latest of them: a second or two of work, on a small board more."""


def own_takes(folder: str, recogniser: Recogniser) -> Takes:
    """Hear the takes in a folder that `digitd-train record` or labelled clips have filled.

    Args:
        folder: With a folder for each keyword; others in it are left alone. Empty: there are none.
        recogniser: Who hears them.
    """
    if not folder:
        return NO_TAKES
    files = sorted(_files(Path(folder), recogniser.keywords), key=_age)[-MOST:]
    heard = [(file.parent.name, _surest(file, recogniser)) for file in files]
    takes = takes_heard(recogniser.own_thresholds, heard)
    log.info("own takes heard folder=%s takes=%d missed=%d", folder, len(heard), takes.unheard)
    return takes


def _files(folder: Path, keywords: tuple[str, ...]) -> Iterator[Path]:
    for keyword in keywords:
        yield from (path for path in (folder / keyword).glob("*") if path.suffix.lower() in SUFFIXES)


def _age(file: Path) -> tuple[float, str]:
    return file.stat().st_mtime, str(file)


def _surest(file: Path, recogniser: Recogniser) -> float | None:
    """Return how sure the model is of the keyword that a take is of; None where it does not hear that."""
    try:
        passed = recogniser.passed_in(file_blocks(file, recogniser.rate_hz))
    except InputError as error:
        log.warning("take not heard error=%r", str(error))
        return None
    return max((score.probability for score in passed if score.label == file.parent.name), default=None)
