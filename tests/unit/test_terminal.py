"""What a terminal shows: the level between its marks, utterances with pictures, whatever it can draw."""

from datetime import UTC

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from digitd.monitor.reading import Answer, Health, Number, Pixels, Present
from digitd.terminal.board import Board
from digitd.terminal.card import card, line
from digitd.terminal.controls import wish
from digitd.terminal.look import ASCII, BLOCKS, Look, signs
from digitd.terminal.meter import Levels, bar, legend
from digitd.terminal.picture import HALF, picture, shrunk
from digitd.terminal.reel import PAST, Reel
from terminal_fakes import drawn, sound, spoken, state

PLAIN = Look(BLOCKS, gradual=False, zone=UTC)
COLOURED = Look(BLOCKS, gradual=True, zone=UTC)
NOTHING_BUT_ASCII = Look(ASCII, gradual=False, zone=UTC)
LOOKS = [PLAIN, COLOURED, NOTHING_BUT_ASCII]

LEVELS = Levels(level=-36.0, floor=-72.0, offset=-54.0, onset=-45.0)


def corner() -> Pixels:
    """Return a picture that is bright where sound is high and early."""
    pixels = np.zeros((34, 50), np.uint8)
    pixels[:17, :25] = 255
    return pixels


def widths(text: Text) -> list[int]:
    return [row.cell_len for row in text.split("\n")]


@pytest.mark.parametrize(
    ("look", "level", "expected"),
    [
        (NOTHING_BUT_ASCII, -30.0, "###:##<#>#     "),
        (NOTHING_BUT_ASCII, -78.0, "## :  < >      "),
        (PLAIN, -30.0, "███┊██◂█▸█     "),
        (PLAIN, -81.0, "█▌ ┊  ◂ ▸      "),
    ],
)
def test_the_bar_has_a_mark_at_the_floor_and_each_threshold(look: Look, level: float, expected: str) -> None:
    six_db_a_cell = bar(Levels(level, floor=-72.0, offset=-54.0, onset=-42.0), 15, look)

    assert six_db_a_cell.plain == expected


def test_where_marks_meet_the_one_for_the_beginning_is_seen() -> None:
    together = Levels(level=-90.0, floor=-52.0, offset=-51.0, onset=-50.0)

    assert bar(together, 15, NOTHING_BUT_ASCII).plain == "      >        "


@given(
    level=st.floats(-200, 20),
    floor=st.floats(-200, 20),
    width=st.integers(1, 300),
    look=st.sampled_from(LOOKS),
)
def test_the_bar_is_as_wide_as_the_terminal_whatever_the_level(
    level: float, floor: float, width: int, look: Look
) -> None:
    assert bar(Levels(level, floor, floor + 2, floor + 4), width, look).cell_len == width


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (100, "level -36 dBFS  : noise floor -72 dBFS  < ends below -54 dBFS  > begins above -45 dBFS"),
        (60, "level -36  : floor -72  < ends -54  > begins -45"),
        (40, "-36  : -72  < -54  > -45"),
    ],
)
def test_the_numbers_come_with_as_many_words_as_there_is_room_for(width: int, expected: str) -> None:
    assert legend(LEVELS, width, NOTHING_BUT_ASCII).plain == expected


@pytest.mark.parametrize(
    ("level", "expected"), [(-36.0, "bold green"), (-50.0, "yellow"), (-60.0, "bright_black")]
)
def test_the_bar_is_coloured_by_what_the_level_would_begin_or_end(level: float, expected: str) -> None:
    assert Levels(level, -72.0, -54.0, -45.0).style == expected


@pytest.mark.parametrize(
    ("look", "expected"),
    [
        (NOTHING_BUT_ASCII, ["@@@@    ", "@@@@    ", "        ", "        "]),
        (PLAIN, ["████    ", "████    ", "        ", "        "]),
    ],
)
def test_without_colours_each_cell_is_a_shade(look: Look, expected: list[str]) -> None:
    assert [row.plain for row in picture(corner(), 8, 4, look)] == expected


def test_with_colours_each_cell_has_two_points_above_one_another() -> None:
    upper, lower = picture(corner()[:, :25], 6, 2, COLOURED)

    assert {upper.plain, lower.plain} == {HALF * 6}
    style = upper.spans[0].style
    assert not isinstance(style, str)
    assert style.color == style.bgcolor
    assert style != lower.spans[0].style


@pytest.mark.parametrize("width", [1, 7, 12, 25, 50])
@pytest.mark.parametrize("height", [1, 3, 17])
@pytest.mark.parametrize("look", LOOKS)
def test_a_picture_has_the_size_that_was_asked_for(width: int, height: int, look: Look) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (34, 50)).astype(np.uint8)

    rows = picture(pixels, width, height, look)

    assert [row.cell_len for row in rows] == [width] * height


def test_an_even_picture_is_dark() -> None:
    assert shrunk(np.full((34, 50), 99, np.uint8), 3, 5).max() == 0


def test_a_card_says_what_came_of_an_utterance_and_how_sure_the_model_was() -> None:
    upper = np.zeros((34, 50), np.uint8)
    upper[:11] = 255

    told = card(spoken(picture=drawn(upper)), 80, NOTHING_BUT_ASCII).plain

    assert told.splitlines() == [
        "@@@@@@@@@@@@@@@@@@@@@@@@@  12:00:00  7  accepted",
        "                           420 ms, -31.2 dBFS over -62.0",
        "                           7 0.98  1 0.01  else 0.01  needs 0.75",
    ]


def test_a_card_says_why_an_utterance_was_ignored() -> None:
    told = card(spoken(accepted=False, reason="below threshold"), 80, PLAIN).plain

    assert "7  below threshold" in told.splitlines()[0]


def test_of_a_secret_nothing_is_shown_and_so_it_says() -> None:
    told = card(spoken(name="*", top=[], picture=None), 80, PLAIN).plain

    assert told.splitlines()[0] == "12:00:00  *  accepted"
    assert told.splitlines()[2] == "scores are not shown: it may be secret"


@pytest.mark.parametrize("width", [10, 34, 52, 65, 80, 200])
@pytest.mark.parametrize("look", LOOKS)
def test_a_card_is_never_wider_than_the_terminal(width: int, look: Look) -> None:
    told = card(spoken(accepted=False, reason="too close to another keyword"), width, look)

    assert len(widths(told)) == 3
    assert max(widths(told)) <= width


@pytest.mark.parametrize(("width", "columns"), [(80, 25), (60, 12), (40, 0)])
def test_the_narrower_the_terminal_the_smaller_the_picture(width: int, columns: int) -> None:
    told = card(spoken(picture=drawn(255 - corner())), width, PLAIN).plain

    assert told.splitlines()[2].count("█") == columns


def test_in_a_pipe_an_utterance_is_one_line() -> None:
    told = line(spoken(accepted=False, reason="below threshold"), PLAIN)

    scores = "7 0.98  1 0.01  else 0.01"
    assert told == f"12:00:00   -31.2 dBFS over  -62.0    420 ms  {scores}  below threshold"


@pytest.mark.parametrize(
    ("encoding", "environ", "expected"),
    [
        ("utf-8", {}, BLOCKS),
        ("utf-8", {"LC_ALL": "C"}, ASCII),
        ("iso-8859-1", {}, ASCII),
        ("ascii", {}, ASCII),
    ],
)
def test_blocks_are_drawn_where_they_can_be_written(
    encoding: str, environ: dict[str, str], expected: object
) -> None:
    assert signs(encoding, environ) is expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("m", ("mute/set", "ON")),
        ("+", ("threshold/set", "0.81")),
        ("-", ("threshold/set", "0.79")),
        ("0", ("threshold/set", "None")),
        (">", ("detector/set", '{"onset_db": 8.0}')),
        ("<", ("detector/set", '{"onset_db": 6.0}')),
        ("x", None),
    ],
)
def test_keys_ask_for_what_mqtt_can_ask_for(key: str, expected: tuple[str, str] | None) -> None:
    assert wish(key, state(threshold=0.8)) == expected


def test_keys_ask_for_nothing_that_would_be_refused() -> None:
    assert wish("+", state(threshold=0.999)) == ("threshold/set", "0.999")
    assert wish("-", state(threshold=0.5)) == ("threshold/set", "0.5")
    assert wish("<", state(onset_db=1)) == ("detector/set", '{"onset_db": 1}')
    assert wish("m", state(muted=True)) == ("mute/set", "OFF")


def test_between_two_drawings_the_loudest_moment_is_shown() -> None:
    board = Board("listening", keys=True)
    board.take(state())
    for levels in ([-70.0, -20.0], [-70.0, -65.0]):
        board.take(sound(*levels))

    first, second = board.drawn(100, PLAIN).plain, board.drawn(100, PLAIN).plain

    assert "level -20 dBFS" in first
    assert "level -65 dBFS" in second
    assert "ends below -52 dBFS" in first


def test_what_is_wrong_is_said_in_place_of_what_is_set() -> None:
    board = Board("listening", keys=False)
    board.take(state())
    before = board.drawn(80, PLAIN).plain
    board.take(Health("lost", "no samples for 5 s"))
    ailing = board.drawn(80, PLAIN).plain
    board.take(Answer("detector: offset_db: must not be above onset_db"))
    refused = board.drawn(80, PLAIN).plain

    assert before.splitlines()[-1] == "confidence: the model's own   onset 7 dB   listening"
    assert ailing.splitlines()[-1] == "lost: no samples for 5 s"
    assert refused.splitlines()[-1] == "detector: offset_db: must not be above onset_db"


def test_the_board_is_never_wider_than_the_terminal() -> None:
    board = Board("listening", keys=True)
    board.take(state(muted=True))
    board.take(sound(-30.0))

    for width in (5, 20, 40, 80, 120):
        assert max(widths(board.drawn(width, PLAIN))) <= width


def test_of_what_was_before_only_the_last_few_are_shown_and_none_twice() -> None:
    past = [spoken(id=str(number)) for number in range(PAST + 3)]
    new, number = spoken(id="new"), Number("number  42")
    reel = Reel()

    first = reel.fresh([*past, Present(), new, number])
    again = reel.fresh([*past[-PAST:], new, Present()])

    assert first == [*past[-PAST:], new, number]
    assert again == []
