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

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 5.0
"""Between two attempts; twice as long each time."""


@contextmanager
def reopened_microphone(settings: AudioSettings, rate_hz: int) -> Iterator[Iterator[AudioBlock]]:
    """Record from the microphone as long as the block lasts, opening it again whenever it is lost.

    While it is lost, or not there yet, empty blocks come; then a jump in `AudioBlock.start` as long as it was
    away.

    Args:
        settings: Which microphone, and how.
        rate_hz: The rate of the blocks.

    Raises:
        UnavailableError: While reading: PortAudio hangs as it closes or opens it, and only a new process can
            help.
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
        self._name = settings.device
        self._recording: Recording | None = None
        self._tried = False  # PortAudio's list of devices is as old as its import
        self._attempt: Future[None] | None = None
        self._began_at = time.monotonic()
        self._end = 0

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield what is heard, over all openings."""
        while True:
            yield from self._opened()
            yield from self._heard()

    def close(self) -> None:
        """Let go of the device, or leave it behind where PortAudio hangs."""
        if self._attempt is not None and not wait([self._attempt], CLOSE_WITHIN_S).done:
            leave_behind()
            return
        if self._recording is not None:
            close_in_time(self._recording.close)

    def _opened(self) -> Iterator[AudioBlock]:
        """Try until it is open; yield a heartbeat meanwhile."""
        wait_s, told = FIRST_WAIT_S, ""
        while True:
            self._attempt = _in_background(self._open)
            yield from self._until_done(self._attempt)
            error = self._attempt.exception()
            if not isinstance(error, UnavailableError):
                self._attempt.result()
                return
            if str(error) != told:
                told = str(error)
                log.warning("microphone not there, waiting for it reason=%r", told)
            yield from self._pause(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _open(self) -> None:
        if self._recording is not None:
            self._recording.close()
            gc.collect()  # sounddevice's streams hold the ring in a cycle of references: half a megabyte each
        if self._tried:
            look_again()
        self._tried = True
        self._recording = Recording(self._settings, self._name, self._rate_hz)
        self._name = self._name or lasting_name(self._recording.device)

    def _heard(self) -> Iterator[AudioBlock]:
        """Yield what this opening gives, until it is lost."""
        if self._recording is None:
            return
        since_began = round((time.monotonic() - self._began_at) * self._rate_hz)
        origin = max(since_began, self._end + 1) if self._end else 0
        try:
            for block in self._recording.blocks():
                moved = replace(block, start=origin + block.start)
                self._end = moved.end
                yield moved
        except UnavailableError as error:
            log.warning("microphone lost reason=%r", str(error))

    def _until_done(self, attempt: Future[None]) -> Iterator[AudioBlock]:
        over_at = time.monotonic() + ATTEMPT_S
        while not wait([attempt], HEARTBEAT_S).done:
            if time.monotonic() > over_at:
                raise UnavailableError(
                    f"microphone {self._name!r}: PortAudio hangs as it opens it; restart digitd, and if that "
                    "does not help, the sound server"
                )
            yield self._heartbeat()

    def _pause(self, seconds: float) -> Iterator[AudioBlock]:
        over_at = time.monotonic() + seconds
        while time.monotonic() < over_at:
            time.sleep(HEARTBEAT_S)
            yield self._heartbeat()

    def _heartbeat(self) -> AudioBlock:
        return AudioBlock(self._end, np.empty(0, np.float32), time.monotonic())


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
