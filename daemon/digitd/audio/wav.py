"""What the first bytes of a pipe say about the samples that follow; libsndfile needs a file for that."""

import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from digitd.errors import InputError
from digitd.messages import Float32

ENDLESS_BYTES = 0x7FFF_0000
"""A WAV header that promises so much was written to a pipe, by a program that could not know the length."""

_LONGEST_HEADER_BYTES = 1 << 20
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")  # coding, channels, rate, bytes a second, bytes a frame, bits
_EXTENDED_FORMAT = struct.Struct("<HHIIHH8xH14x")  # the same, then what EXTENSIBLE stands for
_OTHER_AUDIO = (b"fLaC", b"OggS", b"RF64", b"RIFX", b"ID3")


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """How a stream of bytes is to be read.

    Attributes:
        rate_hz: Frames a second.
        channels: Samples in a frame, one after the other.
        sample_bytes: Length of a sample.
        decode: Turns the bytes of whole samples into numbers, full scale ±1.0.
        offset: Where the samples begin.
        size: Bytes of samples to come; `sys.maxsize` when nobody knows.
    """

    rate_hz: int
    channels: int
    sample_bytes: int
    decode: Callable[[bytes], Float32]
    offset: int = 0
    size: int = sys.maxsize

    @property
    def frame_bytes(self) -> int:
        """Length of a frame."""
        return self.channels * self.sample_bytes


def pcm_format(head: bytes, raw_rate_hz: int, name: str) -> PcmFormat | None:
    """Read the beginning of a stream: a WAV header, or else raw signed 16-bit mono.

    Args:
        head: All bytes so far.
        raw_rate_hz: The rate of raw samples.
        name: What the stream is called, for errors.

    Returns:
        The format; None when more bytes are needed to tell.

    Raises:
        InputError: It is some other audio format, or WAV of a kind that is not read from a pipe.
    """
    if len(head) < len(b"RIFF"):
        return None
    if head.startswith(_OTHER_AUDIO):
        raise InputError(
            f"{name}: is neither WAV nor raw samples; convert it, as with: ffmpeg -i FILE -f wav -"
        )
    if not head.startswith(b"RIFF"):
        return PcmFormat(raw_rate_hz, 1, 2, _from_16_bit)
    return _wav_format(head, name)


def _wav_format(head: bytes, name: str) -> PcmFormat | None:
    if len(head) > _LONGEST_HEADER_BYTES:
        raise InputError(f"{name}: a WAV header without audio after it; record it again")
    description = b""
    at = len(b"RIFFsizeWAVE")
    while len(head) >= at + 8:
        tag, size = struct.unpack_from("<4sI", head, at)
        at += 8
        if tag == b"data":
            return _described(description, at, size, name)
        if tag == b"fmt ":
            description = head[at : at + size]
        at += size + size % 2  # chunks are padded to an even length
    return None


def _described(description: bytes, offset: int, size: int, name: str) -> PcmFormat:
    if len(description) < _FORMAT.size:
        raise InputError(f"{name}: a WAV header that does not say its format; record it again")
    coding, channels, rate_hz, _, _, bits = _FORMAT.unpack_from(description)
    if coding == _EXTENSIBLE and len(description) == _EXTENDED_FORMAT.size:
        coding = _EXTENDED_FORMAT.unpack(description)[-1]
    decode = _DECODERS.get((coding, bits))
    if decode is None or not channels or not rate_hz:
        raise InputError(
            f"{name}: WAV coding {coding}, {bits} bits, {channels} channels, {rate_hz} Hz is not read from a "
            "pipe; use PCM of 16, 24 or 32 bits, or 32-bit float"
        )
    size = size if 0 < size < ENDLESS_BYTES else sys.maxsize
    return PcmFormat(rate_hz, channels, bits // 8, decode, offset, size)


def _from_16_bit(raw: bytes) -> Float32:
    return np.frombuffer(raw, "<i2").astype(np.float32) / np.float32(2**15)


def _from_24_bit(raw: bytes) -> Float32:
    widened = np.zeros((len(raw) // 3, 4), np.uint8)
    widened[:, 1:] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    return _from_32_bit(widened.tobytes())


def _from_32_bit(raw: bytes) -> Float32:
    return np.frombuffer(raw, "<i4").astype(np.float32) / np.float32(2**31)


def _from_float(raw: bytes) -> Float32:
    return np.frombuffer(raw, "<f4").astype(np.float32)


_DECODERS: dict[tuple[int, int], Callable[[bytes], Float32]] = {
    (_PCM, 16): _from_16_bit,
    (_PCM, 24): _from_24_bit,
    (_PCM, 32): _from_32_bit,
    (_FLOAT, 32): _from_float,
}
