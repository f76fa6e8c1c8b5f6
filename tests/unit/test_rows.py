"""The likeliest way through pieces of 0.1 s each, at 1,000 samples a second."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digitd.detect.rows import AGAIN, Judge, Named, Stretch, best_row
from digitd.messages import Piece

RATE_HZ = 1000
PIECE = 100
LOUD_DBFS, QUIET_DBFS = -20.0, -50.0


def pieces(sketch: str) -> list[Piece]:
    """Draw pieces: '.' is a pause, all else is loud."""
    return [
        Piece(at * PIECE, (at + 1) * PIECE, QUIET_DBFS if mark == "." else LOUD_DBFS)
        for at, mark in enumerate(sketch)
    ]


def judge(**digits: float) -> Judge:
    """Know digits by their places: `seven_0_3=4` is a seven in the pieces 0 to 2, of log-odds 4."""
    known = {}
    for name, log_odds in digits.items():
        label, first, last = name.split("_")
        known[int(first) * PIECE, int(last) * PIECE] = label, log_odds

    def named(onset: int, offset: int) -> Named | None:
        return known.get((onset, offset))

    return named


def row(sketch: str, **digits: float) -> list[tuple[int, int]] | None:
    return row_after(None, sketch, **digits)


def row_after(before: str | None, sketch: str, **digits: float) -> list[tuple[int, int]] | None:
    found = best_row(pieces(sketch), judge(**digits), RATE_HZ, before)
    return None if found is None else [(onset // PIECE, offset // PIECE) for onset, offset in found]


def test_digits_that_adjoin_one_another_are_a_row() -> None:
    assert row("######", seven_0_3=4, two_3_6=3) == [(0, 3), (3, 6)]


def test_of_two_ways_the_likelier_one_is_taken() -> None:
    assert row("######", seven_0_3=4, two_3_6=3, one_0_2=1, nine_2_6=2) == [(0, 3), (3, 6)]


def test_a_sound_with_anything_else_in_it_is_no_row() -> None:
    assert row("########", seven_0_3=4, two_5_8=3) is None


@pytest.mark.parametrize("sketch", ["###..###", "..######", "######.."])
def test_a_pause_costs_nothing_however_long(sketch: str) -> None:
    at = [place for place, mark in enumerate(sketch) if mark == "#"]
    first, second = at[0], at[3]

    found = row(sketch, **{f"seven_{first}_{first + 3}": 4.0, f"two_{second}_{second + 3}": 3.0})

    assert found == [(first, first + 3), (second, second + 3)]


def test_a_breath_as_long_as_a_piece_may_lie_between_two_digits() -> None:
    assert row("#######", seven_0_3=4, two_4_7=3) == [(0, 3), (4, 7)]


def test_a_pause_alone_is_no_digit_and_nothing_else_either() -> None:
    assert best_row([], judge(), RATE_HZ) == ()


def test_the_end_of_a_digit_is_not_taken_for_the_same_again() -> None:
    assert row("#####", six_0_5=4, six_0_3=4, six_3_5=AGAIN - 1) == [(0, 5)]
    assert row("#####", six_0_5=4, six_0_3=4, two_3_5=AGAIN - 1) == [(0, 3), (3, 5)]


def test_nor_where_the_digit_was_told_of_before() -> None:
    ways = {"six_0_2": 4.0, "two_2_6": 3.0, "one_0_4": 3.0, "nine_4_6": 3.0}

    assert row("######", **ways) == [(0, 2), (2, 6)]
    assert row_after("six", "######", **ways) == [(0, 4), (4, 6)]


def test_a_digit_of_usual_length_is_preferred() -> None:
    assert row("######", seven_0_3=2, two_3_6=2, one_0_1=2, nine_1_6=2) == [(0, 3), (3, 6)]


def test_only_what_can_be_reached_is_asked_about() -> None:
    asked: list[Stretch] = []

    def nothing(onset: int, offset: int) -> Named | None:
        asked.append((onset, offset))
        return None

    assert best_row(pieces("#" * 20), nothing, RATE_HZ) is None
    assert {onset for onset, _ in asked} == {0, PIECE}  # the first piece may be a breath


@given(
    st.text("#.", max_size=12),
    st.dictionaries(st.tuples(st.integers(0, 11), st.integers(1, 6)), st.floats(-2, 7), max_size=20),
)
def test_digits_of_a_row_are_in_order_and_apart(sketch: str, known: dict[tuple[int, int], float]) -> None:
    digits = {f"{at % 3}_{at}_{at + length}": odds for (at, length), odds in known.items()}

    found = row(sketch, **digits) or []

    edges = [edge for stretch in found for edge in stretch]
    assert edges == sorted(edges)
