"""Any device's rate to the model's rate, as the samples come."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from digitd.messages import AudioBlock, Float32

# Medium quality is flat to 0.91 of the band's edge, as high is, and folds nothing back above -105 dB, beyond
# 16-bit samples; low is 3 dB down at 0.81 already, where "s" and "f" are told apart. All cost the same, 0.3
# to 0.5 ms of CPU a second of audio in blocks of 20 ms, nearly all of it for the call. High holds samples
# back for longer: up to 157 ms from 48 to 8 kHz, medium 75 ms (48 to 16 kHz: 37 ms both).
QUALITY = "MQ"

_NOTHING: Float32 = np.zeros(0, np.float32)


def resampled(blocks: Iterable[AudioBlock], from_hz: int, to_hz: int) -> Iterator[AudioBlock]:
    """Convert a stream to another rate; an answer does not depend on how the stream is cut into blocks.

    A jump in `start` ends one stretch and begins another at the index that belongs to it. `captured_at` is
    when the last sample of the converted block had been heard, though it may come later.

    Args:
        blocks: The stream at `from_hz`.
        from_hz: Its rate.
        to_hz: The rate to convert it to.

    Yields:
        The stream at `to_hz`; at least one block, perhaps empty, for each block of `blocks`.
    """
    if from_hz == to_hz:
        yield from blocks
        return
    stretch = _Stretch(0, 0, from_hz, to_hz)
    for block in blocks:
        if block.start != stretch.source_end:
            yield stretch.finish()
            stretch = stretch.after_gap(block.start)
        yield stretch.push(block)
    yield stretch.finish()


class _Stretch:
    """Samples without a gap, through one resampler; positions are counted, not added up from fractions."""

    def __init__(self, source_start: int, start: int, from_hz: int, to_hz: int) -> None:
        self.source_end = source_start
        self._end = start
        self._rates_hz = (from_hz, to_hz)
        self._heard_at = 0.0
        self._soxr = soxr.ResampleStream(from_hz, to_hz, 1, "float32", QUALITY)

    def push(self, block: AudioBlock) -> AudioBlock:
        """Convert one block; soxr keeps some samples back until it has seen what follows them."""
        self.source_end = block.end
        self._heard_at = block.captured_at
        return self._converted(block, last=False)

    def finish(self) -> AudioBlock:
        """Return what soxr kept back."""
        return self._converted(AudioBlock(self.source_end, _NOTHING, self._heard_at), last=True)

    def after_gap(self, source_start: int) -> "_Stretch":
        """Begin anew at an index of the source; the gap stays at least one sample long."""
        from_hz, to_hz = self._rates_hz
        nearest = -(-source_start * to_hz // from_hz)
        return _Stretch(source_start, max(nearest, self._end + 1), from_hz, to_hz)

    def _converted(self, block: AudioBlock, *, last: bool) -> AudioBlock:
        from_hz, to_hz = self._rates_hz
        samples = self._soxr.resample_chunk(block.samples, last=last)
        start, self._end = self._end, self._end + len(samples)
        kept_back_s = max(0.0, block.end / from_hz - self._end / to_hz)
        return AudioBlock(start, samples, block.captured_at - kept_back_s)
