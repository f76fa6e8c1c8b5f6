"""`digitd calibrate`: what it says, what it writes, and the code it ends with."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd.audio.files import file_blocks
from digitd.calibration.advice import Proposal
from digitd.cli import main
from digitd.commands.calibrate import proved
from digitd.demo.play import SPEECH, TRUTH
from digitd.detect.segmenter import SegmenterSettings
from fakes import joined, room_noise

RATE_HZ = 16_000
ROOM_S = 6.0


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGITD_CONFIG", raising=False)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> "Told":
    return Told(capsys)


class Told:
    """What was printed, line by line."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def lines(self, beginning: str) -> list[str]:
        return [line for line in self._capsys.readouterr().out.splitlines() if line.startswith(beginning)]

    def error(self) -> str:
        return self._capsys.readouterr().err


def hear(sound: np.ndarray[tuple[int], np.dtype[np.float32]], more: str = "") -> Path:
    """Return a configuration whose microphone gives a sound."""
    soundfile.write("room.wav", sound, RATE_HZ, "PCM_16")
    source = {"source": "files", "files": ["room.wav"], "realtime": False}
    config = Path("config.yaml")
    config.write_text(f"# mine\naudio: {json.dumps(source)}   # played\n{more}")
    return config


def spoken(words: str = "683", gain_db: float = 0.0) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """A quiet room, then digits of the demo's, each followed by so much quiet that the next is asked for."""
    speech = joined(file_blocks(SPEECH, RATE_HZ))
    truth = {one["keyword"]: one for one in json.loads(TRUTH.read_text(encoding="utf-8"))[:10]}
    pieces = [np.zeros(round(ROOM_S * RATE_HZ), np.float32)]
    for word in words:
        start, end = (round(truth[word][edge] * RATE_HZ) for edge in ("onset_s", "offset_s"))
        pieces += [
            np.zeros(RATE_HZ // 2, np.float32),
            speech[start:end],
            np.zeros(RATE_HZ * 6 // 5, np.float32),
        ]
    quiet = np.concatenate(pieces)
    heard = quiet + room_noise(len(quiet) / RATE_HZ, -62, RATE_HZ)
    return (heard * np.float32(10 ** (gain_db / 20))).astype(np.float32)


def test_an_ordinary_room_needs_no_other_settings(told: Told) -> None:
    hear(spoken("68"))

    assert main(["calibrate", "--seconds", "6", "--words", "2"]) == 0

    assert told.lines("") == [
        "quiet, please: listening to the room for 6 s",
        "say 'six' (1 of 2)",
        "  heard",
        "say 'eight' (2 of 2)",
        "  heard",
        "room        -60 dBFS, rarely above -58 dBFS",
        "words       -24 dBFS, 37 dB above the room",
        "microphone  nothing is wrong with it",
        "understood  2 with the settings in force",
        "proposed    nothing: the settings fit the room",
    ]


def test_what_is_proposed_is_written_and_all_else_stays(told: Told) -> None:
    config = hear(spoken(gain_db=-55), "detector: {onset_windows: 3}  # as ever\n")
    before = config.read_text()

    assert main(["calibrate", "--seconds", "6", "--words", "3", "--write"]) == 0

    assert config.read_text() == before.replace("{onset_windows", "{quietest_dbfs: -84.0, onset_windows")
    before, after, proposed, written = told.lines("")[-4:]
    assert before == "understood  0 with the settings in force"
    assert after == "understood  3 with what is proposed"
    assert proposed.startswith("proposed    detector.quietest_dbfs: -84, now -72: your words have -7")
    assert written.startswith("written to config.yaml")


def test_what_would_be_understood_less_often_is_not_proposed() -> None:
    lines: list[str] = []
    bars = [Proposal("onset_db", 5.0, "steady"), Proposal("offset_db", 4.0, "steady")]

    def tell(line: str, *, passing: bool = False) -> None:
        lines.append(f"{line}{passing or ''}")

    kept = proved(bars, SegmenterSettings(), lambda settings: round(settings.onset_db), tell)

    assert kept == []
    assert lines == [
        "understood  7 with the settings in force",
        "tried       onset_db 5, offset_db 4, as for such rooms, but with that only 5 are understood",
    ]


def test_without_write_the_file_stays_and_the_option_is_told(told: Told) -> None:
    config = hear(spoken(gain_db=-55))
    before = config.read_text()

    assert main(["calibrate", "--seconds", "6", "--words", "3"]) == 0

    assert config.read_text() == before
    assert told.lines("--write") == ["--write puts it into config.yaml"]


def test_without_a_terminal_nothing_is_asked_and_nothing_proposed(told: Told) -> None:
    hear(spoken())

    assert main(["calibrate", "--seconds", "5"]) == 0

    assert told.lines("proposed") == ["proposed    nothing: that takes a voice, see --words"]


def test_words_that_are_not_heard_are_exit_code_1(told: Told) -> None:
    hear(room_noise(20, -70, RATE_HZ))

    assert main(["calibrate", "--seconds", "6", "--words", "2"]) == 1

    assert told.lines("  nothing") == ["  nothing was heard"] * 2


def test_a_fixed_threshold_is_left_alone(told: Told) -> None:
    hear(spoken(gain_db=-55), "detector: {mode: classic}\n")

    assert main(["calibrate", "--seconds", "6", "--words", "1"]) == 0

    assert told.lines("proposed") == [
        "proposed    nothing: detector.mode is classic, which does not follow the room"
    ]


def test_a_microphone_that_gives_zeros_is_told(told: Told) -> None:
    hear(np.zeros(8 * RATE_HZ, np.float32))

    assert main(["calibrate", "--seconds", "6"]) == 69

    assert told.error() == "digitd: the microphone gives one and the same value; is it muted?\n"


def test_audio_that_ends_too_early_is_told(told: Told) -> None:
    hear(room_noise(5, -70, RATE_HZ))

    assert main(["calibrate", "--seconds", "6"]) == 69

    assert told.error() == "digitd: the audio is over before the room and every word were heard\n"


def test_there_has_to_be_a_file_to_write_to(told: Told) -> None:
    assert main(["calibrate", "--write"]) == 78

    assert told.error().startswith("digitd: no configuration file to write to")


@pytest.mark.parametrize("options", [["--seconds", "3"], ["--seconds", "x"], ["--words", "-1"]])
def test_numbers_out_of_range_are_wrong_usage(options: list[str], told: Told) -> None:
    with pytest.raises(SystemExit) as end:
        main(["calibrate", *options])

    assert end.value.code == 2
    assert "usage: digitd calibrate" in told.error()
