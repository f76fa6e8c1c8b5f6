"""A microphone that is opened again, by the same name, for as long as it takes."""

import gc
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

import numpy as np

from digitd.audio.microphone import (
    CLOSE_WITHIN_S,
    Recording,
    close_in_time,
    lasting_name,
    leave_behind,
    look_again,
)
from digitd.audio.settings import HEARTBEAT_S, AudioSettings
from digitd.errors import UnavailableError
from digitd.messages import AudioBlock

log = logging.getLogger(__name__)

ATTEMPT_S = 10.0
"""An attempt that takes longer hangs in PortAudio or in the sound server."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
"""Between two attempts; twice as long each time."""


@contextmanager
def reopened_microphone(settings: AudioSettings, rate_hz: int) -> Iterator[Iterator[AudioBlock]]:
    """Record from the microphone as long as the block lasts, opening it again whenever it is lost.

    While it is lost, empty blocks come; then a jump in `AudioBlock.start` as long as it was away.

    Args:
        settings: Which microphone, and how.
        rate_hz: The rate of the blocks.

    Raises:
        UnavailableError: It is not there to begin with; or, while reading, PortAudio hangs as it closes or
            opens it, and only a new process can help.
    """
    openings = _Openings(settings, rate_hz)
    try:
        yield openings.blocks()
    finally:
        openings.close()


class _Openings:
    """One microphone, open once at a time; positions go on from opening to opening.

    Each attempt runs in a thread of its own, which ends with it: any of PortAudio's calls may hang, and the
    main thread has to go on telling that there is no audio. Until the attempt is done, the recording is
    that thread's alone.
    """

    def __init__(self, settings: AudioSettings, rate_hz: int) -> None:
        self._settings = settings
        self._rate_hz = rate_hz
        self._recording = Recording(settings, settings.device, rate_hz)
        self._name = settings.device or lasting_name(self._recording.device)
        self._attempt: Future[None] | None = None
        self._opened_at = time.monotonic()
        self._end = 0

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield what is heard, over all openings."""
        while True:
            yield from self._heard(self._recording)
            yield from self._opened_again()

    def close(self) -> None:
        """Let go of the device, or leave it behind where PortAudio hangs."""
        if self._attempt is not None and not wait([self._attempt], CLOSE_WITHIN_S).done:
            leave_behind()
            return
        close_in_time(self._recording.close)

    def _heard(self, recording: Recording) -> Iterator[AudioBlock]:
        """Yield what one opening gives, until it is lost."""
        since_first = round((time.monotonic() - self._opened_at) * self._rate_hz)
        origin = max(since_first, self._end + 1) if self._end else 0
        try:
            for block in recording.blocks():
                moved = replace(block, start=origin + block.start)
                self._end = moved.end
                yield moved
        except UnavailableError as error:
            log.warning("microphone lost reason=%r", str(error))

    def _opened_again(self) -> Iterator[AudioBlock]:
        """Try until it is open; yield a heartbeat meanwhile."""
        wait_s, told = FIRST_WAIT_S, ""
        while True:
            self._attempt = _in_background(self._open_again)
            yield from self._heartbeats(self._attempt.done, ATTEMPT_S)
            if not self._attempt.done():
                raise UnavailableError(
                    f"microphone {self._name!r}: PortAudio hangs as it opens it; restart digitd, and if that "
                    "does not help, the sound server"
                )
            error = self._attempt.exception()
            if not isinstance(error, UnavailableError):
                self._attempt.result()
                return
            if str(error) != told:
                told = str(error)
                log.warning("microphone still lost reason=%r", told)
            yield from self._heartbeats(lambda: False, wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _open_again(self) -> None:
        self._recording.close()
        gc.collect()  # sounddevice's streams hold the ring in a cycle of references: half a megabyte each
        look_again()
        self._recording = Recording(self._settings, self._name, self._rate_hz)

    def _heartbeats(self, is_over: Callable[[], bool], longest_s: float) -> Iterator[AudioBlock]:
        """Yield an empty block at each `HEARTBEAT_S`, until it is over or has lasted long enough."""
        over_at = time.monotonic() + longest_s
        while not is_over() and time.monotonic() < over_at:
            time.sleep(HEARTBEAT_S)
            yield AudioBlock(self._end, np.empty(0, np.float32), time.monotonic())


def _in_background(work: Callable[[], None]) -> Future[None]:
    """Do something in a daemon thread: unlike those of an executor, nobody waits for it at the end."""
    future: Future[None] = Future()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed on to who asks the future
            future.set_exception(error)
        else:
            future.set_result(None)

    Thread(target=run, daemon=True).start()
    return future
