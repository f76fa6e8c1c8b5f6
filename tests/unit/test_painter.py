"""Sound drawn as it comes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.messages import Float32
from digitd.monitor.painter import BANDS, COLUMNS_PER_S, Painter, Strip, joined
from digitd.monitor.tap import Sound

RATE_HZ = 16_000


def tone(hz: float, seconds: float = 1.0) -> Float32:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (0.1 * np.sin(2 * np.pi * hz * times)).astype(np.float32)


def drawn(samples: Float32, cuts: list[int], start: int = 0) -> list[Strip]:
    painter, strips, at = Painter(RATE_HZ), [], 0
    for length in (*cuts, len(samples)):
        piece = samples[at : at + length]
        strips.append(painter.draw(Sound(start + at, start + at + len(piece), piece, -50.0, -60.0)))
        at += len(piece)
    return [strip for strip in strips if strip]


def test_a_second_has_fifty_columns_but_for_the_last_window() -> None:
    (strip,) = drawn(tone(1000), [])

    assert strip.columns.shape == (COLUMNS_PER_S - 1, BANDS)
    assert strip.levels_dbfs == pytest.approx(20 * np.log10(0.1 / np.sqrt(2)), abs=0.2)


@pytest.mark.parametrize(("low_hz", "high_hz"), [(200, 400), (400, 800), (800, 3000), (3000, 7000)])
def test_a_higher_tone_is_drawn_in_a_higher_band(low_hz: float, high_hz: float) -> None:
    low, high = (int(drawn(tone(hz), [])[0].columns[10].argmax()) for hz in (low_hz, high_hz))

    assert 0 <= low < high < BANDS


@given(cuts=st.lists(st.integers(1, 3000), max_size=20))
def test_blocking_does_not_matter(cuts: list[int]) -> None:
    samples = tone(500) + tone(2100)

    whole, pieces = drawn(samples, []), drawn(samples, cuts)

    assert np.array_equal(whole[0].columns, np.concatenate([strip.columns for strip in pieces]))
    assert pieces[0].start == whole[0].start


def test_columns_of_one_strip_follow_those_of_the_last() -> None:
    first, second = drawn(tone(500), [8000], start=160_000)

    assert second.start == first.start + len(first.columns) * RATE_HZ // COLUMNS_PER_S
    assert first.start >= 160_000


def test_blocks_are_joined_up_to_a_gap_and_to_where_a_secret_begins() -> None:
    ends = [(0, 100, True), (100, 150, True), (200, 300, True), (300, 400, False)]
    sounds = [
        Sound(start, end, np.full(end - start, start, np.float32), -50.0 + start, -60.0, shown)
        for start, end, shown in ends
    ]

    runs = joined(sounds)

    assert [(run.start, run.end, len(run.samples), run.shown) for run in runs] == [
        *((0, 150, 150, True), (200, 300, 100, True)),
        (300, 400, 100, False),
    ]
    assert (runs[0].onset_dbfs, runs[0].samples[120]) == (50.0, 100.0)


def test_after_a_gap_nothing_of_before_is_in_a_column() -> None:
    painter = Painter(RATE_HZ)
    painter.draw(Sound(0, 400, tone(500)[:400], -50.0, -60.0))

    strip = painter.draw(Sound(9000, 9512, np.zeros(512, np.float32), -50.0, -60.0))

    assert strip is not None
    assert (len(strip.columns), int(strip.columns.max())) == (1, 0)
    assert 9000 <= strip.start < 9512
