"""The thread that writes clips: the way of the audio leaves them here, and never waits."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from typing import Final, TypeAlias

from digitd.clips.album import Album, Clip
from digitd.clips.settings import ClipSettings
from digitd.errors import DigitdError
from digitd.foreign import ForeignError

log = logging.getLogger(__name__)

WAITING: Final = 16
"""So many jobs may wait: utterances come once a second or so, and a card that hangs must not fill memory."""

RECENT: Final = 60
"""So many of the latest clips are told by name: more than the page shows."""

END_WITHIN_S: Final = 1.0
"""A card that hangs does not hold up the end of the process."""

MEGABYTE: Final = 1_000_000

Job: TypeAlias = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Status:
    """How things are in the folder.

    Attributes:
        kept: So many clips are there.
        labelled: So many of them have a label.
        size: Bytes.
        recent: The latest clips by name, each with its label.
        trouble: Why nothing is kept; None where all is well.
    """

    kept: int = 0
    labelled: int = 0
    size: int = 0
    recent: Mapping[str, str | None] = field(default_factory=dict)
    trouble: str | None = None


class Keeper:
    """Takes what is to be done in the folder, and does it in a thread of its own.

    Args:
        album: The folder.

    Attributes:
        status: How things are there; replaced whole.
        late: Clips that were not kept, as the thread was too far behind; the main thread's.
        failed: Clips that could not be written; the thread's own.
    """

    def __init__(self, album: Album) -> None:
        self.status = Status()
        self.late = 0
        self.failed = 0
        self._album = album
        self._trouble: str | None = None
        self._jobs: Queue[Job | None] = Queue(WAITING)

    # The main thread:

    def keep(self, clip: Clip) -> None:
        """Let a clip be written; where too much waits already it is dropped, and counted."""
        try:
            self._jobs.put_nowait(partial(self._keep, clip))
        except Full:
            self.late += 1

    def label(self, name: str, label: str) -> None:
        """Let a clip be moved to where its label says that it belongs.

        Raises:
            DigitdError: It is not kept any more, or too much waits already.
        """
        self._ask(name, partial(self._try, "labelled", partial(self._album.label, name, label)))

    def forget(self, name: str | None = None) -> None:
        """Let a clip be deleted, or all of them.

        Raises:
            DigitdError: As for `label`.
        """
        self._ask(name, partial(self._try, "forgotten", partial(self._forget, name)))

    def end(self) -> None:
        """Ask for the end, after what waits already."""
        with suppress(Full):  # it hangs: the process ends without it
            self._jobs.put(None, timeout=END_WITHIN_S)

    def _ask(self, name: str | None, job: Job) -> None:
        if name is not None and name not in self.status.recent:
            raise DigitdError("that clip is not kept any more")
        try:
            self._jobs.put_nowait(job)
        except Full as error:
            raise DigitdError("the disk is too slow just now; ask again") from error

    # The page's thread:

    def sound(self, name: str) -> bytes | None:
        """Return a clip's WAV file; None where there is no such clip, or it cannot be read."""
        with suppress(OSError):
            return self._album.sound(name)
        return None

    # The thread itself:

    def work(self) -> None:
        """Do what there is to do until the end is asked for."""
        job: Job | None = partial(self._try, "cleared up", self._album.clear_up)
        while job:
            job()
            self._look()
            job = self._jobs.get()

    def _keep(self, clip: Clip) -> None:
        try:
            self._album.keep(clip)
        except (DigitdError, OSError) as error:
            self.failed += 1
            self._complain(_reason(error))
            return
        self._mend()

    def _try(self, done: str, job: Job) -> None:
        """Do what has to do with clips that are there; where it fails, others are kept all the same."""
        try:
            job()
        except (OSError, ForeignError) as error:
            log.warning("clips are not %s folder=%s error=%r", done, self._album.folder, _reason(error))

    def _forget(self, name: str | None) -> None:
        self._album.forget(name)
        self._mend()

    def _look(self) -> None:
        with suppress(OSError):  # whatever is done there next says so
            there = self._album.kept()
            self.status = Status(
                kept=len(there),
                labelled=sum(one.label is not None for one in there),
                size=sum(one.size for one in there),
                recent={one.name: one.label for one in there[-RECENT:]},
                trouble=self._trouble,
            )

    def _complain(self, reason: str) -> None:
        """Say why clips are not kept, once for as long as it lasts."""
        if self._trouble != reason:
            log.warning("clips are not kept folder=%s error=%r", self._album.folder, reason)
        self._trouble = reason

    def _mend(self) -> None:
        if self._trouble:
            log.info("clips are kept again folder=%s", self._album.folder)
        self._trouble = None


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


@contextmanager
def clip_keeper(settings: ClipSettings, folder: Path, site: str) -> Iterator[Keeper | None]:
    """Keep clips as long as the block lasts; there is nobody who does where that is off.

    Args:
        settings: Whether, and how many.
        folder: Where, unless the settings say where.
        site: Where it is listened.
    """
    if not settings.enabled:
        yield None
        return
    where = Path(settings.folder) if settings.folder else folder
    keeper = Keeper(Album(where, site, settings.most, round(settings.most_mb * MEGABYTE)))
    thread = Thread(target=keeper.work, name="clips", daemon=True)
    thread.start()
    log.info("clips of what is said are kept folder=%s doubtful_only=%s", where, settings.only_doubtful)
    try:
        yield keeper
    finally:
        keeper.end()
        thread.join(END_WITHIN_S)
        log.info("clips kept=%d late=%d failed=%d", keeper.status.kept, keeper.late, keeper.failed)
