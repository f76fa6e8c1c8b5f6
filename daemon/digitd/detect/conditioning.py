"""DC and rumble removed, streaming: a second-order Butterworth high-pass.

`scipy.signal.sosfilt` computes the same, and a test holds the two together; importing it costs the daemon
50 MB and half a second, more than everything else it does.
"""

import math

import numpy as np
from numpy.typing import NDArray

from digitd.messages import AudioBlock

CUTOFF_HZ = 60.0
"""Below the lowest voice; mains hum at 50 Hz loses half its amplitude, a fan's rumble nearly all."""


class HighPass:
    """Keeps the filter's memory from block to block; a gap in the audio clears it.

    The filter advances by whole chunks of fixed length, so that the result is the same to the last bit
    however the audio was cut into blocks. What is left over waits for the next block.

    Args:
        rate_hz: Sampling rate.
        chunk: Number of samples the filter advances by; the segmenter's window.
    """

    def __init__(self, rate_hz: int, chunk: int) -> None:
        self._chunk = chunk
        self._step = _chunk_matrix(_butterworth(CUTOFF_HZ, rate_hz), chunk)
        self._input = np.zeros(chunk + 2)
        self._waiting = AudioBlock(0, np.empty(0, np.float32))

    def feed(self, block: AudioBlock) -> AudioBlock:
        """Return the filtered audio as far as it fills whole chunks."""
        if block.start != self._waiting.end:
            self._input[:] = 0.0
            self._waiting = AudioBlock(block.start, np.empty(0, np.float32))
        samples = np.concatenate([self._waiting.samples, block.samples])
        whole = len(samples) - len(samples) % self._chunk
        filtered = np.empty(whole, np.float32)
        for at in range(0, whole, self._chunk):
            self._input[: self._chunk] = samples[at : at + self._chunk]
            output = self._step @ self._input
            filtered[at : at + self._chunk] = output[: self._chunk]
            self._input[self._chunk :] = output[self._chunk :]
        start = self._waiting.start
        self._waiting = AudioBlock(start + whole, samples[whole:])
        return AudioBlock(start, filtered, block.captured_at)


def _butterworth(cutoff_hz: float, rate_hz: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Numerator and denominator of the high-pass, by the bilinear transform.

    From R. Bristow-Johnson's "Cookbook formulae for audio EQ biquad filter coefficients", Q = 1/√2.
    """
    omega = 2 * math.pi * cutoff_hz / rate_hz
    alpha = math.sin(omega) / math.sqrt(2)
    edge = (1 + math.cos(omega)) / 2
    numerator = np.array([edge, -2 * edge, edge])
    denominator = np.array([1 + alpha, -2 * math.cos(omega), 1 - alpha])
    return numerator / denominator[0], denominator / denominator[0]


def _chunk_matrix(
    coefficients: tuple[NDArray[np.float64], NDArray[np.float64]], chunk: int
) -> NDArray[np.float64]:
    """The filter over one chunk as a matrix, shape (chunk + 2, chunk + 2).

    It takes `chunk` samples and the two numbers the filter remembers (direct form II transposed) to
    `chunk` filtered samples and the two numbers to remember. Column by column it is the filter's answer
    to a unit in that place.
    """
    (b0, b1, b2), (_, a1, a2) = coefficients
    columns = np.eye(chunk + 2)
    matrix = np.empty_like(columns)
    first, second = columns[chunk], columns[chunk + 1]
    for at in range(chunk):
        matrix[at] = b0 * columns[at] + first
        first, second = b1 * columns[at] - a1 * matrix[at] + second, b2 * columns[at] - a2 * matrix[at]
    matrix[chunk], matrix[chunk + 1] = first, second
    return matrix
