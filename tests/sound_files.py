"""Sound files made for a test, and pipes that bring them."""

import io
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
import soundfile

from digitd.audio.streams import stream_blocks
from digitd.messages import Float32
from fakes import joined

RATE_HZ = 16000

SPEECH: Float32 = (np.random.default_rng(3).integers(-9000, 9000, 4000) / 2**15).astype(np.float32)
"""Whole 16-bit values, so that each lossless format gives them back exactly."""


def encoded(samples: Float32 = SPEECH, subtype: str | None = "PCM_16", container: str = "WAV") -> bytes:
    """A sound file's bytes."""
    file = io.BytesIO()
    soundfile.write(file, samples, RATE_HZ, subtype, format=container)
    return file.getvalue()


def patched(at: int, form: str, value: int) -> bytes:
    """A WAV file whose header says something else from byte `at` on."""
    wav = bytearray(encoded())
    struct.pack_into(form, wav, at, value)
    return bytes(wav)


def promising(size: int) -> bytes:
    """A WAV file whose header says that `size` bytes of audio follow."""
    return patched(40, "<I", size)


@contextmanager
def pipe_with(sent: bytes, pieces: int = 1 << 16, pause_s: float = 0.0) -> Iterator[int]:
    """The reading end of a pipe into which a thread writes."""
    reading, writing = os.pipe()

    def write() -> None:
        with suppress(BrokenPipeError), open(writing, "wb", buffering=0) as pipe:  # noqa: PTH123 - a descriptor
            for at in range(0, len(sent), pieces):
                pipe.write(sent[at : at + pieces])
                time.sleep(pause_s)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield reading
    finally:
        os.close(reading)
        writer.join()


def received(sent: bytes, raw_rate_hz: int = RATE_HZ, pieces: int = 1 << 16) -> Float32:
    """What comes out of a pipe."""
    with pipe_with(sent, pieces) as pipe:
        return joined(stream_blocks(pipe, RATE_HZ, raw_rate_hz))
