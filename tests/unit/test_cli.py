"""The commands: what they print and the code they end with."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd import __version__
from digitd.cli import main
from digitd.commands import told
from digitd.decide import Reason
from digitd.demo.play import SPEECH
from digitd.messages import Rejection, Score, Utterance
from digitd.service.lifecycle import seconds_since_start, stop_requests, until
from fakes import audio, blocks

COMMANDS = ("run", "demo", "detect", "listen", "devices", "check", "inspect", "calibrate", "forget")
RATE_HZ = 16000
LABELS = [*"0123456789", "else"]


@pytest.fixture(autouse=True)
def _without_a_configuration(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DIGITD_CONFIG", raising=False)


@pytest.fixture
def speech(tmp_path: Path) -> Path:
    """Return a folder with the demo's first two words and a file that is no recording."""
    samples, rate_hz = soundfile.read(SPEECH, frames=3 * RATE_HZ, dtype="int16")
    folder = tmp_path / "speech"
    folder.mkdir()
    soundfile.write(folder / "two words.wav", samples, rate_hz)
    (folder / "broken.wav").write_bytes(b"no recording")
    return folder


def outcome(*argv: str) -> int:
    """Return the exit code, also where argparse ends the program."""
    try:
        return main(argv)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1


def rejection() -> Rejection:
    utterance = Utterance(0, np.zeros(8000, np.float32), 1600, 9600, level_dbfs=-31.24, floor_dbfs=-58.0)
    return Rejection(Reason.DOUBTFUL, Score({"7": 0.4, "1": 0.35, "else": 0.25}), utterance)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(command, "--help") == 0

    assert f"example:\n  digitd {command}" in capsys.readouterr().out


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome("--help") == 0

    listed = capsys.readouterr().out
    assert all(re.search(rf"^    {command}\s", listed, re.MULTILINE) for command in COMMANDS)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome("--version") == 0

    assert capsys.readouterr().out == f"digitd {__version__}\n"


def test_help_does_not_wait_for_numpy() -> None:
    program = "import sys, digitd.cli; print('numpy' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"


@pytest.mark.parametrize("argv", [[], ["sing"], ["detect"], ["detect", "a.wav", "--format", "xml"]])
def test_wrong_usage_is_exit_code_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(*argv) == 2

    assert "usage: digitd" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["run"], ["listen"], ["check"], ["detect", "a.wav"]])
def test_a_mistake_in_the_configuration_is_exit_code_78(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "kitchen.yaml"
    config.write_text("detector:\n  onset_dbs: 9\n")

    assert outcome(*command, "-c", str(config)) == 78

    complaint = f"{config}:2: detector.onset_dbs: unknown key (did you mean 'onset_db'?)"
    assert capsys.readouterr().err == f"digitd: {complaint}\n"


def test_the_model_that_the_configuration_names_must_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, config = tmp_path / "broken.tflite", tmp_path / "config.yaml"
    model.write_bytes(b"no network")
    config.write_text(f"model: {{path: {model}}}\n")

    assert outcome("run") == 78

    assert capsys.readouterr().err.startswith(f"digitd: {model}: does not end as a model of digitd does")


def test_a_model_on_the_command_line_wins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome("detect", str(SPEECH), "--model", str(tmp_path / "mine.tflite")) == 78

    assert "mine.tflite: No such file" in capsys.readouterr().err


def test_a_broken_file_is_told_and_the_others_are_still_done(
    speech: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome("detect", str(speech), str(speech / "missing.wav"), "--all") == 66

    told_on = capsys.readouterr()
    assert [line.partition(": ")[2][: len(str(speech)) + 7] for line in told_on.err.splitlines()] == [
        f"{speech}/broken",
        f"{speech}/missin",
    ]
    assert told_on.out.count("two words.wav") == 2


def test_json_lines_have_the_keys_that_readers_rely_on(
    speech: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = speech / "two words.wav"

    assert outcome("detect", str(file), "--format", "jsonl", "--all") == 0

    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    keys = ["file", "onset_s", "offset_s", "keyword", "confidence", "accepted", "scores", "reason"]
    assert list(first) == list(second) == keys
    assert first["file"] == str(file)
    assert 0.9 < first["onset_s"] < first["offset_s"] < 2
    assert list(first["scores"]) == LABELS
    assert first["confidence"] == max(first["scores"].values())


def test_json_says_why_an_utterance_was_rejected() -> None:
    line = told.jsonl("a.wav", rejection(), RATE_HZ)

    assert json.loads(line) == {
        "file": "a.wav",
        "onset_s": 0.1,
        "offset_s": 0.6,
        "keyword": "7",
        "confidence": 0.4,
        "accepted": False,
        "scores": {"7": 0.4, "1": 0.35, "else": 0.25},
        "reason": "below threshold",
    }


def test_the_table_stands_in_columns() -> None:
    row = told.table_row("a.wav", rejection(), RATE_HZ)

    assert [told.TABLE_HEAD, row] == [
        "    onset    offset  heard    confidence  verdict                          file",
        "    0.100     0.600  7             0.400  below threshold                  a.wav",
    ]


def test_standard_input_is_a_recording_too(speech: Path) -> None:
    wav = (speech / "two words.wav").read_bytes()

    command = [sys.executable, "-m", "digitd", "detect", "--format", "jsonl", "--all", "-"]
    done = subprocess.run(command, input=wav, capture_output=True, check=True, timeout=30)

    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == ["-", "-"]


def test_a_recording_at_another_rate_gives_the_same_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples, _ = soundfile.read(SPEECH, frames=3 * RATE_HZ, dtype="float32")
    soundfile.write(
        tmp_path / "cd.wav",
        np.interp(np.arange(0, len(samples), 16 / 44.1), np.arange(len(samples)), samples),
        44100,
    )

    main(["detect", "--format", "jsonl", str(tmp_path / "cd.wav")])
    main(["detect", "--format", "jsonl", str(SPEECH)])

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [word["keyword"] for word in found[:2]] == [word["keyword"] for word in found[2:4]]


def test_a_reader_that_has_had_enough_is_no_error() -> None:
    command = [sys.executable, "-m", "digitd", "detect", str(SPEECH)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as detect:
        assert detect.stdout is not None
        assert detect.stderr is not None

        detect.stdout.close()
        complaint = detect.stderr.read()

    assert (detect.returncode, "Traceback" in complaint) == (0, False)


def test_the_schema_of_the_configuration_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome("check", "--schema") == 0

    assert json.loads(capsys.readouterr().out)["$defs"]["Config"]["type"] == "object"


def test_a_check_tells_each_part_and_the_cure_for_what_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(
        f"audio: {{source: files, files: [{SPEECH}]}}\nmqtt: {{host: 127.0.0.1, port: 1}}\n"
    )

    assert outcome("check") == 1

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["config", "ok"],
        ["model", "ok"],
        ["audio", "ok"],
        ["broker", "FAILED"],
    ]
    assert "is the broker running? See mqtt.host and mqtt.port" in lines[-1]


def test_a_signal_asks_for_the_end_and_audio_ends_with_the_next_block() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with stop_requests() as stopped:
        heard = until(stopped, blocks(audio("...."), [10, 10, 10]))
        next(heard)
        signal.raise_signal(signal.SIGTERM)
        rest = list(heard)

    assert rest == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_age_of_the_process_counts_from_its_start() -> None:
    program = "from digitd.service.lifecycle import seconds_since_start as age; print(age())"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert 0 < float(done.stdout) < 10
    assert seconds_since_start() > 0
