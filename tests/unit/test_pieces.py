"""Drawings as in test_parts: '#' loud, '+' a little above the room, '.' the room, each 50 ms."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.detect.pieces import CLOSE, KEPT, SoundInPieces, changes_db, cuts
from digitd.detect.segmenter import WINDOWS_PER_S, Segmenter, SegmenterSettings
from digitd.messages import AudioBlock, Float32, Piece, Utterance
from fakes import MARK_S, RATE_HZ, audio, blocks

MARK = round(MARK_S * RATE_HZ)
SETTINGS = SegmenterSettings()
WINDOWS_IN_MARK = round(MARK_S * WINDOWS_PER_S)


def segment(sketch: str, sizes: list[int] | None = None, *, connected: bool = True) -> list[Utterance]:
    segmenter = Segmenter(replace(SETTINGS, connected=connected), RATE_HZ)
    found = [one for block in blocks(audio(sketch), sizes or ()) for one in segmenter.feed(block)]
    return found + segmenter.flush()


def places(pieces: tuple[Piece, ...]) -> list[float]:
    return [round(piece.onset / MARK, 1) for piece in pieces] + [round(pieces[-1].offset / MARK, 1)]


def bands(sketch: str) -> Float32:
    """Draw two bands, 50 ms a character: 'a' has the lower one, 'o' the upper one, '.' neither."""
    levels = {"a": (40.0, 0.0), "o": (0.0, 40.0), ".": (0.0, 0.0)}
    return np.repeat(np.array([levels[mark] for mark in sketch], np.float32), WINDOWS_IN_MARK, axis=0)


def test_a_sound_is_cut_where_its_level_has_a_valley() -> None:
    (utterance,) = segment("........#####+#####......")

    assert any(13 <= place <= 14 for place in places(utterance.pieces))


def test_a_sound_is_cut_where_its_spectrum_changes_at_the_same_level() -> None:
    (cut,) = cuts(bands("..aaaaaaoooooo..")[2 * WINDOWS_IN_MARK : 14 * WINDOWS_IN_MARK])

    assert cut / WINDOWS_IN_MARK == pytest.approx(6, abs=0.5)


def test_a_steady_spectrum_does_not_change() -> None:
    assert not changes_db(bands("aaaa")).any()


def test_what_is_too_short_to_change_is_one_piece() -> None:
    assert cuts(bands("a")) == []


@given(st.lists(st.floats(0, 60, width=32), min_size=1, max_size=120))
def test_no_piece_is_too_short_and_none_is_left_out(levels: list[float]) -> None:
    above_db = np.array(levels, np.float32)[:, np.newaxis]

    edges = [0, *cuts(above_db), len(above_db)]

    assert len(edges) == 2 or min(last - first for first, last in pairwise(edges)) >= CLOSE


def test_pieces_adjoin_one_another_from_the_onset_to_the_offset() -> None:
    (utterance,) = segment("........###.####.###......")

    assert (utterance.pieces[0].onset, utterance.pieces[-1].offset) == (utterance.onset, utterance.offset)
    assert all(one.offset == after.onset for one, after in pairwise(utterance.pieces))


def test_a_piece_is_as_loud_as_its_loudest() -> None:
    (utterance,) = segment("........#####+++####......")

    loudest = max(utterance.pieces, key=lambda piece: piece.level_dbfs)
    assert loudest.level_dbfs == pytest.approx(-20, abs=2)


def test_a_sound_as_short_as_one_digit_is_in_no_pieces() -> None:
    (utterance,) = segment("........#####......")

    assert utterance.pieces == ()


def test_connected_digits_can_be_turned_off() -> None:
    assert not any(one.pieces for one in segment("........#####+#####......", connected=False))


def test_a_sound_that_goes_on_is_told_of_again_when_it_is_over() -> None:
    first, rest = segment("." * 40 + "####+" * 8 + "." * 20)

    assert (first.too_long, rest.too_long) == (True, True)
    assert first.pieces[-1].offset < first.offset  # what is last in it is not whole
    assert rest.pieces[0].onset < first.offset
    assert rest.pieces[-1].offset == rest.offset


def test_a_sound_that_goes_on_is_told_of_once_without() -> None:
    assert len(segment("." * 40 + "####+" * 8 + "." * 20, connected=False)) == 1


def test_however_long_a_sound_goes_on_little_of_it_is_kept() -> None:
    sound = SoundInPieces()
    for _ in range(20):
        for level in bands("aaoo"):
            sound.add(level - 40, np.full(2, -60, np.float32))
        pieces = sound.pieces()

    assert pieces[-1].offset - sound.start <= KEPT


@given(sizes=st.lists(st.integers(1, 400)))
def test_pieces_do_not_depend_on_the_size_of_blocks(sizes: list[int]) -> None:
    sketch = "." * 20 + "####+" * 8 + "." * 20

    cut = [one.pieces for one in segment(sketch, sizes)]

    assert cut == [one.pieces for one in segment(sketch)]


def test_what_pieces_are_cut_from_is_still_there() -> None:
    first, rest = segment("." * 40 + "####+" * 8 + "." * 20)

    for utterance in (first, rest):
        around: AudioBlock = utterance.surroundings
        assert around.start <= utterance.pieces[0].onset
        assert around.end >= utterance.pieces[-1].offset
