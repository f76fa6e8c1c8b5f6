"""Recordings as a stream: read in pieces, joined, and played at the speed of speech where that is wanted."""

import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import FileIO
from pathlib import Path

import soundfile

from digitd.audio.frames import check_format, to_mono
from digitd.audio.resample import resampled
from digitd.audio.wav import ENDLESS_BYTES
from digitd.errors import InputError
from digitd.messages import AudioBlock, Float32

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".mp3"})
"""What is looked for in folders; a file that is named itself may be called anything."""

BAD_FILE = 7
"""libsndfile's SFE_BAD_FILE."""


def expand(paths: Iterable[str | Path]) -> list[Path]:
    """Return the files themselves: folders, with all below them, are replaced by their recordings, sorted.

    Raises:
        InputError: A folder holds no recording, or cannot be searched.
    """
    return [found for path in paths for found in _recordings(Path(path))]


def file_blocks(path: Path, rate_hz: int, block_ms: float = 100.0) -> Iterator[AudioBlock]:
    """Read one recording of any rate and any number of channels, in bounded memory.

    Args:
        path: What libsndfile reads: WAV, FLAC, OGG, MP3.
        rate_hz: The rate to convert it to.
        block_ms: So much is read at once.

    Yields:
        The mean of the channels at `rate_hz`, without a gap.

    Raises:
        InputError: It is missing, cut short, empty, no audio, or of a format or with samples that
            no recording of speech has.
    """
    with _opened(path) as recording:
        check_format(recording.samplerate, recording.channels, path)
        _refuse_truncated(recording, path)
        block = round(recording.samplerate * block_ms / 1000)
        yield from resampled(_read(recording, path, block), recording.samplerate, rate_hz)


def playlist(paths: Iterable[Path], rate_hz: int, block_ms: float = 100.0) -> Iterator[AudioBlock]:
    """Read recordings one after the other as one stream, whose index goes on from file to file."""
    end = 0
    for path in paths:
        start = end
        for block in file_blocks(path, rate_hz, block_ms):
            moved = replace(block, start=start + block.start)
            end = moved.end
            yield moved


def in_real_time(blocks: Iterable[AudioBlock], rate_hz: int) -> Iterator[AudioBlock]:
    """Hold each block back until its last sample would have been spoken, and set `captured_at` to that."""
    began_at = time.monotonic()
    for block in blocks:
        due_at = began_at + block.end / rate_hz
        time.sleep(max(0.0, due_at - time.monotonic()))
        yield replace(block, captured_at=due_at)


def array_blocks(samples: Float32, block: int = 320) -> Iterator[AudioBlock]:
    """Cut audio, shape (n,), into blocks of `block` samples; the last one may be shorter."""
    for start in range(0, len(samples), block):
        yield AudioBlock(start, samples[start : start + block])


def _recordings(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            return [path]
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; is it a name that this user may look up?") from error
    if not found:
        raise InputError(f"{path}: no WAV, FLAC, OGG or MP3 file in this folder or below it")
    return found


class _Forwards(soundfile.SoundFile):  # type: ignore[misc]  # soundfile publishes no types
    """A recording that is only read onwards: soundfile seeks after each read, which spoils MP3."""

    def seekable(self) -> bool:
        return False


@contextmanager
def _opened(path: Path) -> Iterator[soundfile.SoundFile]:
    with _regular_file(path) as file:
        try:
            # By its descriptor: of a file that is named x.raw soundfile would want to be told the rate.
            with _Forwards(file.fileno(), closefd=False) as recording:
                yield recording
        except soundfile.LibsndfileError as error:
            # What it says of MP3 that it cannot read is that there is no such file.
            reason = "no audio that can be read." if error.code == BAD_FILE else error.error_string
            raise InputError(f"{path}: {reason} Is it WAV, FLAC, OGG or MP3, whole and readable?") from error


def _regular_file(path: Path) -> FileIO:
    """Open a file, but no folder, pipe or device: these never end, or never begin.

    Raises:
        InputError: It is none, or cannot be read.
    """
    try:
        if stat.S_ISREG(path.stat().st_mode):
            return path.open("rb", buffering=0)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; a recording on standard input is named -") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; name a recording that this user may read") from error
    raise InputError(f"{path}: no file but a folder, pipe or device; send it to standard input, named -")


def _refuse_truncated(recording: soundfile.SoundFile, path: Path) -> None:
    """Look into libsndfile's notes: it reads a WAV file that was cut short without a complaint."""
    sizes = re.search(r"^data *: (\d+) \(should be (\d+)\)", recording.extra_info, re.MULTILINE)
    if sizes and int(sizes[2]) < int(sizes[1]) < ENDLESS_BYTES:
        raise InputError(
            f"{path}: cut short, {sizes[2]} of {sizes[1]} bytes of audio; copy or record it again"
        )


def _read(recording: soundfile.SoundFile, path: Path, block: int) -> Iterator[AudioBlock]:
    start = 0
    while len(frames := recording.read(block, dtype="float32", always_2d=True)):
        yield AudioBlock(start, to_mono(frames, path), time.monotonic())
        start += len(frames)
    if start == 0:
        raise InputError(f"{path}: no audio in it; record it again")
    if start < recording.frames:
        raise InputError(
            f"{path}: damaged, {start} of {recording.frames} samples can be read; copy or record it again"
        )
