"""Numbers as lines of text: what `detect` and `listen` show of them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd.cli import main
from digitd.commands import told, told_numbers
from digitd.decide import Reason as Doubt
from digitd.demo.play import SPEECH
from digitd.messages import Detection, NumberRejection, Rejection, Score, SpokenNumber, Utterance
from digitd.numbers import Reason

RATE_HZ = 16_000
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def utterance(onset_s: float) -> Utterance:
    onset = round(onset_s * RATE_HZ)
    return Utterance(onset, np.zeros(0, np.float32), onset, onset + RATE_HZ // 2, -30.0, -60.0)


def digit(keyword: str, onset_s: float) -> Detection:
    return Detection(keyword, Score({keyword: 0.9, "else": 0.1}), utterance(onset_s), NOON, NOON, 0.0)


NUMBER = SpokenNumber((digit("4", 1.0), digit("2", 2.0)), "channel", secret=False)
DOUBT = Rejection(Doubt.DOUBTFUL, Score({"3": 0.4, "else": 0.3}), utterance(2.0))
REJECTED = NumberRejection(Reason.DOUBTFUL, (digit("4", 1.0), DOUBT), None, secret=False)


@pytest.fixture
def speech(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the demo's first two words, beside a configuration that wants numbers."""
    samples, rate_hz = soundfile.read(SPEECH, frames=3 * RATE_HZ, dtype="int16")
    file = tmp_path / "two words.wav"
    soundfile.write(file, samples, rate_hz)
    (tmp_path / "config.yaml").write_text(
        f"numbers: {{enabled: true}}\naudio: {{source: files, files: ['{file}'], realtime: false}}\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGITD_CONFIG", raising=False)
    return file


def test_a_number_stands_in_the_columns_of_the_table() -> None:
    rows = [told_numbers.table_row("a.wav", number, RATE_HZ) for number in (NUMBER, REJECTED)]

    assert [told.TABLE_HEAD, *rows] == [
        "    onset    offset  heard    confidence  verdict                          file",
        "    1.000     2.500  42            0.810  number, channel                  a.wav",
        "    1.000     2.500  4 3?              -  not every digit was understood   a.wav",
    ]


def test_live_a_number_is_a_line_of_its_own() -> None:
    assert [told_numbers.live(number) for number in (NUMBER, REJECTED)] == [
        "number  42  0.81  channel",
        "number  4 3?  not every digit was understood",
    ]


def test_detect_tells_numbers_where_they_are_wanted(speech: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["detect", str(speech), "--format", "jsonl"]) == 0

    *digits, number = map(json.loads, capsys.readouterr().out.splitlines())
    assert [one["keyword"] for one in digits] == ["8", "0"]
    keys = ["file", "onset_s", "offset_s", "number", "confidence", "accepted", "grammar", "heard", "reason"]
    assert list(number) == keys
    assert (number["number"], number["heard"], number["accepted"]) == ("80", "8 0", True)
    assert number["onset_s"] == digits[0]["onset_s"]


@pytest.mark.usefixtures("speech")
def test_listen_tells_numbers_where_they_are_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["listen"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines if line.startswith("number")] == [["number", "80"]]
