"""`digitd calibrate` asks, and the virtual microphone answers."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd.audio.files import file_blocks
from digitd.demo.play import SPEECH, TRUTH
from digitd.messages import Float32
from fakes import joined, room_noise
from integration.virtual_microphone import VirtualMicrophone

pytestmark = pytest.mark.microphone

RATE_HZ = 16_000
DIGITS = {"six": "6", "eight": "8"}

FAR_TOO_LOW_DB = -52.0
"""With 3 dB less a word is three bits deep, and one six in eight is anything else by whatever settings."""


def word(digit: str) -> Float32:
    """The demo's first such digit."""
    truth = next(one for one in json.loads(TRUTH.read_text(encoding="utf-8")) if one["keyword"] == digit)
    start, end = (round(truth[edge] * RATE_HZ) for edge in ("onset_s", "offset_s"))
    return joined(file_blocks(SPEECH, RATE_HZ))[start:end]


def calibrated(vmic: VirtualMicrophone, folder: Path, gain_db: float) -> tuple[int, str]:
    """Calibrate in a quiet room where somebody answers; return the exit code and what was shown."""
    config, room = folder / "config.yaml", folder / "room.wav"
    config.write_text(f"audio: {{device: {vmic.name}}}  # on the shelf\n")
    gain = np.float32(10 ** (gain_db / 20))
    soundfile.write(room, room_noise(60, -62, RATE_HZ) * gain, RATE_HZ, "PCM_16")
    for name, digit in DIGITS.items():
        soundfile.write(folder / f"{name}.wav", word(digit) * gain, RATE_HZ, "PCM_16")
    options = ["--seconds", "6", "--words", "2", "--write", "-c", str(config)]
    command = [sys.executable, "-m", "digitd", "calibrate", *options]
    shown = []
    with (
        vmic.play_async(room) as player,
        subprocess.Popen(command, env=vmic.environment, stdout=subprocess.PIPE, text=True) as running,
    ):
        assert running.stdout is not None
        for line in running.stdout:
            shown.append(line)
            if line.startswith("say "):
                _, name, _ = line.split("'")
                vmic.play(folder / f"{name}.wav")
        player.kill()
    return running.returncode, "".join(shown)


def test_in_an_ordinary_room_both_words_are_understood_and_nothing_is_written(
    vmic: VirtualMicrophone, tmp_path: Path
) -> None:
    code, shown = calibrated(vmic, tmp_path, gain_db=0)

    assert code == 0, shown
    assert "microphone  nothing is wrong with it\n" in shown
    assert "understood  2 with the settings in force\n" in shown
    assert (tmp_path / "config.yaml").read_text() == f"audio: {{device: {vmic.name}}}  # on the shelf\n"


def test_a_microphone_whose_gain_is_far_too_low_gets_settings_that_understand_both(
    vmic: VirtualMicrophone, tmp_path: Path
) -> None:
    code, shown = calibrated(vmic, tmp_path, gain_db=FAR_TOO_LOW_DB)

    assert code == 0, shown
    assert "microphone  is too quiet" in shown
    assert "understood  2 with the settings in force\n" not in shown
    assert "understood  2 with what is proposed\n" in shown
    assert (tmp_path / "config.yaml").read_text() == (
        f"audio: {{device: {vmic.name}}}  # on the shelf\ndetector:\n  quietest_dbfs: -84.0\n"
    )


def test_a_muted_microphone_is_told(vmic: VirtualMicrophone, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"audio: {{device: {vmic.name}}}\n")
    command = [sys.executable, "-m", "digitd", "calibrate", "--seconds", "4", "-c", str(config)]

    done = subprocess.run(command, env=vmic.environment, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (
        69,
        "digitd: the microphone gives one and the same value; is it muted?\n",
    )
