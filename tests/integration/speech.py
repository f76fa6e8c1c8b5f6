"""The demo's speech, for tests that say something."""

import json
from pathlib import Path

import soundfile

from digitd.demo.play import SPEECH, TRUTH

AROUND_S = 0.5


def first_words(count: int, path: Path) -> list[str]:
    """Write the first words of the demo's recording into a WAV file, and return what they are."""
    words = json.loads(TRUTH.read_text())[:count]
    _cut(0.0, words[-1]["offset_s"] + AROUND_S, path)
    return [word["keyword"] for word in words]


def one_word(number: int, path: Path) -> None:
    """Write a single word of the demo's recording into a WAV file, with half a second around it."""
    word = json.loads(TRUTH.read_text())[number]
    _cut(word["onset_s"] - AROUND_S, word["offset_s"] + AROUND_S, path)


def _cut(from_s: float, to_s: float, path: Path) -> None:
    samples, rate_hz = soundfile.read(SPEECH, dtype="int16")
    soundfile.write(path, samples[round(from_s * rate_hz) : round(to_s * rate_hz)], rate_hz)
