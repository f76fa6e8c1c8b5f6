"""The user's own takes, heard as the daemon hears: what stricter thresholds would cost there."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from digitd.audio.files import SUFFIXES, file_blocks
from digitd.budget.takes import NO_TAKES, Takes, takes_heard
from digitd.commands.recogniser import Recogniser
from digitd.errors import ConfigError, InputError

log = logging.getLogger(__name__)

MOST: Final = 100
"""The latest of them: a second or two of work, on a small board more."""


def own_takes(folder: str, recogniser: Recogniser) -> Takes:
    """Hear the takes in a folder that `digitd-train record` or labelled clips have filled.

    Args:
        folder: With a folder for each keyword; others in it are left alone. Empty: there are none.
        recogniser: Who hears them.

    Raises:
        ConfigError: It cannot be looked at.
    """
    if not folder:
        return NO_TAKES
    heard = [(file.parent.name, _surest(file, recogniser)) for file in latest(folder, recogniser.keywords)]
    takes = takes_heard(recogniser.own_thresholds, heard)
    log.info("own takes heard folder=%s takes=%d missed=%d", folder, len(heard), takes.unheard)
    return takes


def latest(folder: str, keywords: tuple[str, ...]) -> list[Path]:
    """Return the files of the latest takes in such a folder, the oldest first.

    Raises:
        ConfigError: It cannot be looked at.
    """
    try:
        dated = sorted(_dated(Path(folder), keywords))
    except OSError as error:
        raise ConfigError(f"decision.takes: {folder}: {error.strerror}") from error
    return [file for _, file in dated[-MOST:]]


def _dated(folder: Path, keywords: tuple[str, ...]) -> Iterator[tuple[float, Path]]:
    for keyword in keywords:
        for file in _files(folder / keyword):
            with suppress(FileNotFoundError):  # somebody who trains has just moved it away
                yield file.stat().st_mtime, file


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    except (FileNotFoundError, NotADirectoryError):
        return []


def _surest(file: Path, recogniser: Recogniser) -> float | None:
    """Return how sure the model is of the keyword that a take is of; None where it does not hear that."""
    try:
        passed = recogniser.passed_in(file_blocks(file, recogniser.rate_hz))
    except InputError as error:
        log.warning("take not heard error=%r", str(error))
        return None
    return max((score.probability for score in passed if score.label == file.parent.name), default=None)
