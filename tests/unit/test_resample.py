"""The resampler: an answer that does not depend on blocks, and an index that never drifts."""

from itertools import pairwise

import numpy as np
import pytest
import soxr
from hypothesis import given
from hypothesis import strategies as st

from digitd.audio.resample import QUALITY, resampled
from digitd.messages import AudioBlock, Float32

NOISE: Float32 = np.random.default_rng(7).normal(0, 0.1, 9000).astype(np.float32)
RATES = st.sampled_from([8000, 11025, 16000, 22050, 44100, 48000, 96000])


def cut(samples: Float32, cuts: list[int], start: int = 0) -> list[AudioBlock]:
    pieces = np.split(samples, sorted(cuts))
    ends = np.cumsum([len(piece) for piece in pieces])
    return [AudioBlock(start + int(end) - len(piece), piece) for piece, end in zip(pieces, ends, strict=True)]


def joined(blocks: list[AudioBlock]) -> Float32:
    return np.concatenate([block.samples for block in blocks])


def test_equal_rates_pass_the_very_blocks() -> None:
    blocks = cut(NOISE, [320, 640])

    assert list(resampled(blocks, 16000, 16000)) == blocks


@given(
    from_hz=RATES, to_hz=st.sampled_from([8000, 16000]), cuts=st.lists(st.integers(0, len(NOISE)), max_size=8)
)
def test_blocking_does_not_matter(from_hz: int, to_hz: int, cuts: list[int]) -> None:
    whole = joined(list(resampled(cut(NOISE, []), from_hz, to_hz)))

    pieces = list(resampled(cut(NOISE, cuts), from_hz, to_hz))

    assert np.array_equal(joined(pieces), whole)
    assert all(before.end == after.start for before, after in pairwise(pieces))


@given(from_hz=RATES, to_hz=st.sampled_from([8000, 16000]), length=st.integers(0, len(NOISE)))
def test_as_much_time_comes_out_as_went_in(from_hz: int, to_hz: int, length: int) -> None:
    blocks = list(resampled(cut(NOISE[:length], []), from_hz, to_hz))

    assert blocks[-1].end == pytest.approx(length * to_hz / from_hz, abs=1)


def test_it_is_what_soxr_makes_of_the_whole() -> None:
    expected = soxr.resample(NOISE, 44100, 16000, QUALITY)

    streamed = joined(list(resampled(cut(NOISE, [100, 5000]), 44100, 16000)))

    np.testing.assert_allclose(streamed, expected, atol=1e-6)


@given(gap=st.integers(1, 10**13), length=st.integers(1, 3000))
def test_after_a_gap_the_index_is_exact_however_long_the_stream(gap: int, length: int) -> None:
    source_start = length + gap
    blocks = [*cut(NOISE[:length], []), *cut(NOISE, [500], start=source_start)]

    _, _, *after = resampled(blocks, 44100, 16000)

    assert 0 <= after[0].start * 44100 - source_start * 16000 <= 3 * 44100
    assert after[-1].end == pytest.approx(after[0].start + len(NOISE) * 16000 / 44100, abs=1)


def test_a_gap_is_a_jump_and_what_came_before_is_kept() -> None:
    blocks = [*cut(NOISE[:3000], []), *cut(NOISE[:3000], [], start=6000)]

    before, tail, after, end = resampled(blocks, 48000, 16000)

    assert (before.start, tail.start, tail.end, after.start) == (0, before.end, 1000, 2000)
    assert np.array_equal(joined([before, tail]), joined([after, end]))


def test_nothing_stays_nothing_so_that_heartbeats_pass() -> None:
    silence = AudioBlock(0, NOISE[:0])

    blocks = list(resampled([silence, silence], 48000, 16000))

    assert [(block.start, len(block.samples)) for block in blocks] == [(0, 0)] * 3


@given(cuts=st.lists(st.integers(1, len(NOISE)), max_size=8))
def test_each_block_says_when_its_own_last_sample_was_heard(cuts: list[int]) -> None:
    heard = [AudioBlock(block.start, block.samples, 100 + block.end / 48000) for block in cut(NOISE, cuts)]

    blocks = list(resampled(heard, 48000, 16000))

    assert [block.captured_at for block in blocks] == pytest.approx(
        [100 + block.end / 16000 for block in blocks]
    )
