"""Where the socket of a running daemon lies: in the runtime directory, by the site's name.

A daemon that is a service has the one that systemd makes it, `/run/digitd`, any other that of its user's
session. Nobody else may enter either.
"""

import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

OF_SERVICE: Final = Path("/run/digitd")
"""`RuntimeDirectory=` in systemd/digitd.service."""

OWN_ONLY: Final = 0o600


def own_place(site: str, environ: Mapping[str, str]) -> Path | None:
    """Return where a daemon puts its socket; None where there is no runtime directory."""
    if folder := environ.get("RUNTIME_DIRECTORY"):
        return Path(folder.partition(":")[0], f"{site}.sock")
    if folder := environ.get("XDG_RUNTIME_DIR"):
        return Path(folder, "digitd", f"{site}.sock")
    return None


def places(site: str, environ: Mapping[str, str]) -> list[Path]:
    """Return where a daemon of this site may have put it, one's own before the service's."""
    own = own_place(site, environ)
    return [*filter(None, [own]), OF_SERVICE / f"{site}.sock"]


@contextmanager
def opened(place: Path) -> Iterator[socket.socket | None]:
    """Open the socket as long as the block lasts; yield None where that cannot be, and say why.

    A daemon is there to listen: that nobody can look is no reason for it to end.
    """
    try:
        listener = _bound(place)
    except OSError as error:
        log.warning("no socket for digitd listen path=%s error=%r", place, error.strerror or str(error))
        yield None
        return
    made = place.stat().st_ino
    log.debug("socket open path=%s", place)
    try:
        yield listener
    finally:
        listener.close()
        _remove(place, made)


def _bound(place: Path) -> socket.socket:
    place.parent.mkdir(mode=0o700, exist_ok=True)
    if _is_answered(place):
        raise OSError("another digitd of this site has it")
    place.unlink(missing_ok=True)  # of a daemon that was killed
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(os.fspath(place))
        place.chmod(OWN_ONLY)  # nobody can have connected: it does not listen yet
    except OSError:
        listener.close()
        raise
    return listener


def _is_answered(place: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(os.fspath(place))
        except OSError:
            return False
        return True


def _remove(place: Path, made: int) -> None:
    """Remove our own socket, not that of a daemon which has been started meanwhile."""
    try:
        if place.stat().st_ino == made:
            place.unlink()
    except FileNotFoundError:  # asyncio of Python 3.13 does it, too
        return
