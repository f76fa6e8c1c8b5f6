"""Orders that outlive a restart: one small file for each site."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from digitd.decide import Orders

log = logging.getLogger(__name__)


def memory_file(site: str, environ: Mapping[str, str]) -> Path:
    """Return where a site's orders are kept: systemd's state directory, or that of whoever runs us."""
    if folder := environ.get("STATE_DIRECTORY"):
        return Path(folder.partition(":")[0], f"{site}.json")
    base = environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base, "digitd", f"{site}.json")


def remembered(path: Path) -> Orders:
    """Return what was asked for last; where that cannot be read, it is told and nothing was."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Orders)
    except FileNotFoundError:
        return Orders()
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        log.warning("what was asked for before the restart is forgotten file=%s error=%r", path, str(error))
        return Orders()


def remember(orders: Orders, path: Path) -> None:
    """Keep them over a restart, and over a power cut: the file is always the old one or the new one."""
    fresh = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("wb") as file:
            file.write(msgspec.json.encode(orders))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        log.warning("what is asked for will not outlive a restart file=%s error=%r", path, str(error))
