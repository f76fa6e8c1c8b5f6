"""The streaming high-pass against SciPy's, and against itself cut differently."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import butter, sosfilt

from digitd.detect.conditioning import CUTOFF_HZ, HighPass
from digitd.messages import AudioBlock, Float32
from fakes import blocks, joined, room_noise

RATE_HZ, CHUNK = 16_000, 100


def conditioned(samples: Float32, cuts: list[int] | None = None) -> Float32:
    high_pass = HighPass(RATE_HZ, CHUNK)
    return joined(high_pass.feed(block) for block in blocks(samples, cuts or []))


def test_it_is_scipys_butterworth() -> None:
    noise = room_noise(1, -20, RATE_HZ)

    reference = sosfilt(butter(2, CUTOFF_HZ, "highpass", fs=RATE_HZ, output="sos"), noise.astype(float))

    assert np.allclose(conditioned(noise), reference, atol=1e-6)


def test_a_constant_offset_is_gone_after_a_tenth_of_a_second() -> None:
    settled = conditioned(np.full(RATE_HZ, 0.3, np.float32))[RATE_HZ // 10 :]

    assert np.abs(settled).max() < 1e-5


@given(cuts=st.lists(st.integers(0, 700), max_size=30))
def test_blocking_does_not_matter(cuts: list[int]) -> None:
    noise = room_noise(0.5, -20, RATE_HZ)

    assert np.array_equal(conditioned(noise, cuts), conditioned(noise))


def test_a_gap_clears_its_memory() -> None:
    noise = room_noise(0.1, -20, RATE_HZ)
    fresh, gapped = HighPass(RATE_HZ, CHUNK), HighPass(RATE_HZ, CHUNK)
    gapped.feed(AudioBlock(0, np.full(1234, 0.5, np.float32)))

    after_gap = gapped.feed(AudioBlock(5000, noise))

    assert after_gap.start == 5000
    assert np.array_equal(after_gap.samples, fresh.feed(AudioBlock(0, noise)).samples)
