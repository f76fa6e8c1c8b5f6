"""What outlives a restart: small files for each site."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from digitd.foreign import ForeignError, decoded

log = logging.getLogger(__name__)

T = TypeVar("T")


def memory_file(site: str, environ: Mapping[str, str]) -> Path:
    """Return where a site's orders are kept."""
    return state_folder(environ) / f"{site}.json"


def budget_file(site: str, environ: Mapping[str, str]) -> Path:
    """Return where is kept what a site's budget of false accepts has counted; no site is called like that."""
    return state_folder(environ) / "budget" / f"{site}.json"


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return where what outlives a restart is kept: systemd's state directory, or that of whoever runs us."""
    if folder := environ.get("STATE_DIRECTORY"):
        return Path(folder.partition(":")[0])
    return Path(environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state", "digitd")


def remembered(path: Path, at_first: T) -> T:
    """Return what was kept last, of the kind of `at_first`; what cannot be read is told, and is that."""
    try:
        return decoded(path.read_bytes(), type(at_first))
    except FileNotFoundError:
        return at_first
    except (OSError, ForeignError) as error:
        log.warning("what was kept before the restart is forgotten file=%s error=%r", path, str(error))
        return at_first


def remember(what: object, path: Path) -> None:
    """Keep it over a restart, and over a power cut: the file is always the old one or the new one."""
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(what))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        log.warning("what is to be kept will not outlive a restart file=%s error=%r", path, str(error))
