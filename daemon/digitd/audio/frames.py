"""Frames of any format -> mono samples that the pipeline can rely on; what is no speech is refused."""

from pathlib import Path

import numpy as np

from digitd.audio.settings import HIGHEST_HZ
from digitd.errors import InputError
from digitd.messages import Float32

LOWEST_HZ = 1000
"""Below it nothing is left of speech, and resampling makes gigabytes of a small file."""

MOST_CHANNELS = 64

LOUDEST = 1000.0
"""60 dB over full scale; 16-bit numbers that were stored as floats pass it as soon as somebody speaks."""


def check_format(rate_hz: int, channels: int, name: str | Path) -> None:
    """Refuse a format by which a small file would take much memory.

    Args:
        rate_hz: Frames a second.
        channels: Samples in a frame.
        name: What the samples come from, for the error.

    Raises:
        InputError: It is no format that speech is recorded in.
    """
    if not LOWEST_HZ <= rate_hz <= HIGHEST_HZ:
        raise InputError(
            f"{name}: {rate_hz} Hz, not {LOWEST_HZ} to {HIGHEST_HZ}; is it whole? Convert it to 16000 Hz"
        )
    if channels > MOST_CHANNELS:
        raise InputError(f"{name}: {channels} channels, not 1 to {MOST_CHANNELS}; export the one that speaks")


def to_mono(frames: Float32, name: str | Path) -> Float32:
    """Return the mean of the channels.

    Args:
        frames: Audio, shape (n, channels).
        name: What the samples came from, for the error.

    Raises:
        InputError: A sample is not a number, infinite, or no audio.
    """
    if not np.abs(frames).max(initial=0) <= LOUDEST:  # so written, for it is false of NaN
        raise InputError(
            f"{name}: holds samples that are not numbers, or far beyond full scale; export it as 16-bit PCM"
        )
    mono: Float32 = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1, dtype=np.float32)
    return mono
