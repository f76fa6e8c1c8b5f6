"""A recording and what became of it, as it is drawn. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digitd.messages import Detection, Float32, Rejection

FRAME_S = 0.032
"""As long as the windows of the network's picture: harmonics and syllables can both be told."""

HIGHEST_HZ = 8000.0
SILENCE_DBFS = -100.0
LEVEL_S = 0.02
SHOWN_DB = 70.0
"""What lies further below the loudest point is as white as paper."""


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds an array
class Seen:
    """An utterance as the network saw it, and what was decided.

    Attributes:
        verdict: What was decided.
        image: The reduced spectrogram, shape (34, 50), row 0 is the highest band.
    """

    verdict: Detection | Rejection
    image: Float32


@dataclass(frozen=True, slots=True, eq=False)
class Study:
    """A stretch of a recording, and what detector and model made of it.

    Attributes:
        name: Of the recording.
        rate_hz: The rate of its samples.
        start: Index of the first of `samples` in the recording.
        samples: As recorded, shape (n,), full scale is ±1.0.
        conditioned: The same as the detector hears it, shape (n,) but for an incomplete window at either end.
        block_ends_s: When each block ended, seconds from the recording's beginning, shape (blocks,).
        onsets_dbfs: What a window needed to be a beginning when the block came, shape (blocks,).
        seen: The utterances that begin in the stretch.
    """

    name: str
    rate_hz: int
    start: int
    samples: Float32
    conditioned: Float32
    block_ends_s: Float32
    onsets_dbfs: Float32
    seen: Sequence[Seen]

    @property
    def accepted(self) -> int:
        """How many of the utterances are acted on."""
        return sum(isinstance(one.verdict, Detection) for one in self.seen)

    def between(self, start: int, end: int) -> Float32:
        """Cut out the samples from `start` up to but not including `end`, both counted in the recording."""
        return self.samples[max(start - self.start, 0) : max(end - self.start, 0)]


def envelope(samples: Float32, columns: int) -> tuple[Float32, Float32]:
    """Return the least and the greatest sample of each column of a picture, each of shape (columns,).

    A picture of a minute would otherwise have a million points, of which a thousand can be seen.
    """
    columns = min(columns, len(samples))
    edges = np.linspace(0, len(samples), columns, endpoint=False).astype(int)
    return np.minimum.reduceat(samples, edges), np.maximum.reduceat(samples, edges)


def levels(study: Study) -> tuple[Float32, Float32]:
    """Return the mean level, dBFS, every `LEVEL_S`.

    Returns:
        Times in seconds from the recording's beginning and levels, both of shape (frames,).
    """
    frame = round(LEVEL_S * study.rate_hz)
    whole = study.conditioned[: len(study.conditioned) // frame * frame].reshape(-1, frame)
    times_s = (study.start + (np.arange(len(whole)) + 0.5) * frame) / study.rate_hz
    magnitudes = np.abs(whole).mean(axis=1).clip(10 ** (SILENCE_DBFS / 20))
    return times_s.astype(np.float32), 20 * np.log10(magnitudes)


def spectrogram(samples: Float32, rate_hz: int, columns: int) -> Float32:
    """Return decibels below the loudest point, shape (frequencies, columns), the lowest frequency first."""
    frame = round(FRAME_S * rate_hz)
    samples = np.pad(samples, (0, max(frame - len(samples), 0)))
    starts = np.linspace(0, len(samples) - frame, columns).astype(int)
    frames = np.lib.stride_tricks.sliding_window_view(samples, frame)[starts]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(frame), axis=1))).T
    highest = round(min(HIGHEST_HZ, rate_hz / 2) / rate_hz * frame)
    decibels = 10 * np.log10(power[: highest + 1] + np.finfo(np.float32).tiny)
    below: Float32 = (decibels - decibels.max()).clip(-SHOWN_DB).astype(np.float32)
    return below
