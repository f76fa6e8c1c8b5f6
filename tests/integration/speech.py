"""The demo's speech, for tests that say something."""

import json
from pathlib import Path

import soundfile

from digitd.demo.play import SPEECH, TRUTH


def first_words(count: int, path: Path) -> list[str]:
    """Write the first words of the demo's recording into a WAV file, and return what they are."""
    words = json.loads(TRUTH.read_text())[:count]
    samples, rate_hz = soundfile.read(SPEECH, dtype="int16")
    soundfile.write(path, samples[: round((words[-1]["offset_s"] + 0.5) * rate_hz)], rate_hz)
    return [word["keyword"] for word in words]


def one_word(number: int, path: Path) -> None:
    """Write a single word of the demo's recording into a WAV file, with half a second around it."""
    word = json.loads(TRUTH.read_text())[number]
    samples, rate_hz = soundfile.read(SPEECH, dtype="int16")
    first, last = (round(at * rate_hz) for at in (word["onset_s"] - 0.5, word["offset_s"] + 0.5))
    soundfile.write(path, samples[first:last], rate_hz)
