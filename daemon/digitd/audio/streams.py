"""Audio from a pipe: standard input, or the output of a command."""

import os
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import IO, cast

import numpy as np

from digitd.audio.frames import check_format, to_mono
from digitd.audio.resample import resampled
from digitd.audio.settings import HEARTBEAT_S
from digitd.audio.wav import PcmFormat, pcm_format
from digitd.errors import ConfigError, InputError, UnavailableError
from digitd.messages import AudioBlock

_READ_BYTES = 1 << 14
_LAST_WORDS_BYTES = 1 << 12
_EXIT_WITHIN_S = 1.0


def stream_blocks(
    descriptor: int, rate_hz: int, raw_rate_hz: int, name: str = "standard input"
) -> Iterator[AudioBlock]:
    """Read a pipe that carries WAV, or raw signed 16-bit mono when it does not begin with "RIFF".

    Args:
        descriptor: Where to read.
        rate_hz: The rate to convert it to.
        raw_rate_hz: The rate of raw samples.
        name: What the pipe is called, for errors.

    Yields:
        The mean of the channels at `rate_hz`, as it comes; empty blocks while nothing comes.

    Raises:
        InputError: No audio comes, or of a format that is not understood, or less than the header promised.
    """
    return _decoded(_chunks(descriptor, name), rate_hz, raw_rate_hz, name)


def standard_input() -> int:
    """Return its descriptor.

    Raises:
        InputError: Whoever started us has closed it.
    """
    if sys.stdin is None:
        raise InputError("standard input: closed; send audio to it, as with: digitd detect - < FILE")
    return sys.stdin.fileno()


@contextmanager
def command_blocks(command: str, rate_hz: int, raw_rate_hz: int) -> Iterator[Iterator[AudioBlock]]:
    """Run a program as long as the block lasts, and read its standard output as `stream_blocks` does.

    The stream ends when the program ends well.

    Raises:
        ConfigError: The command line cannot be read.
        UnavailableError: The program cannot be started, or ended with an error.
        InputError: As for `stream_blocks`.
    """
    name = f"command {command!r}"
    with _started(command) as process:
        try:
            yield _decoded(_output(process, name), rate_hz, raw_rate_hz, name)
        finally:
            _end(process)


def _decoded(chunks: Iterator[bytes], rate_hz: int, raw_rate_hz: int, name: str) -> Iterator[AudioBlock]:
    head = b""
    while (form := pcm_format(head, raw_rate_hz, name)) is None:
        chunk = next(chunks, None)
        if chunk is None:
            raise InputError(
                f"{name}: ended before any audio came; is something writing WAV or raw samples to it?"
            )
        head += chunk
        yield _silence(0)
    check_format(form.rate_hz, form.channels, name)
    rest = chain([head[form.offset :]], chunks)
    yield from resampled(_samples(rest, form, name), form.rate_hz, rate_hz)


def _samples(chunks: Iterator[bytes], form: PcmFormat, name: str) -> Iterator[AudioBlock]:
    """Cut bytes between frames; what follows the promised size, such as a list of tags, is no audio."""
    start, partial, left = 0, b"", form.size
    for chunk in chunks:
        ready = (partial + chunk)[:left]
        whole = len(ready) - len(ready) % form.frame_bytes
        frames = form.decode(ready[:whole]).reshape(-1, form.channels)
        yield AudioBlock(start, to_mono(frames, name), time.monotonic()) if whole else _silence(start)
        start, partial, left = start + len(frames), ready[whole:], left - whole
        if left < form.frame_bytes:
            return
    if form.size != sys.maxsize:
        raise InputError(
            f"{name}: cut short, {left} of {form.size} bytes of audio are missing; send it again"
        )
    if start == 0:
        raise InputError(f"{name}: no audio in it; record it again")


def _silence(start: int) -> AudioBlock:
    return AudioBlock(start, np.zeros(0, np.float32), time.monotonic())


def _chunks(descriptor: int, name: str) -> Iterator[bytes]:
    """Yield bytes as they come, none each time that HEARTBEAT_S passed without any."""
    while True:
        readable, _, _ = select.select([descriptor], [], [], HEARTBEAT_S)
        if not readable:
            yield b""
        elif chunk := _read(descriptor, name):
            yield chunk
        else:
            return


def _read(descriptor: int, name: str) -> bytes:
    try:
        return os.read(descriptor, _READ_BYTES)
    except OSError as error:
        raise InputError(f"{name}: {error.strerror}; check what is writing to it") from error


def _arguments(command: str) -> list[str]:
    try:
        arguments = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"audio.command: {command!r}: {error}; check its quotes") from error
    if not arguments:
        raise ConfigError("audio.command: empty, but audio.source is command; name a program")
    return arguments


@contextmanager
def _started(command: str) -> Iterator[subprocess.Popen[bytes]]:
    arguments = _arguments(command)
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own command, and no shell reads it
            arguments,
            bufsize=0,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,  # Ctrl-C in a terminal is for the daemon; it ends the command in its turn
        )
    except OSError as error:
        raise UnavailableError(f"audio.command: {command!r}: {error.strerror}; is it installed?") from error
    with process:
        yield process


def _output(process: subprocess.Popen[bytes], name: str) -> Iterator[bytes]:
    """Yield what the program writes; keep the end of its complaints, however long it runs."""
    stdout, stderr = cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)  # both are pipes
    os.set_blocking(stderr.fileno(), False)
    last_words = b""
    for chunk in _chunks(stdout.fileno(), name):
        last_words = (last_words + _waiting(stderr))[-_LAST_WORDS_BYTES:]
        yield chunk
    try:
        code = process.wait(_EXIT_WITHIN_S)
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"{name} closed its output without ending; check what it does") from error
    if code:
        lines = (last_words + _waiting(stderr)).decode(errors="replace").split("\n")
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        raise UnavailableError(f"{name} ended with exit code {code}: {last}")


def _waiting(pipe: IO[bytes]) -> bytes:
    return pipe.read(1 << 16) or b""  # None where nothing waits


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and what it started: a shell's pipeline does not end with the shell."""
    for kind in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, kind)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_EXIT_WITHIN_S)
