"""How the bundled speech was made: `python -m digitd.demo.speech` writes digits.flac and digits.json anew.

It needs flite, a small speech synthesiser with voices made from recordings of real people (`apt install
flite`; they may be passed on freely). The same seed gives the same order, pauses and noise.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Final, TypeAlias

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from digitd.demo.play import SPEECH, TRUTH, Spoken

Float64: TypeAlias = NDArray[np.float64]

RATE_HZ: Final = 16_000
SEED: Final = 7
WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
LEAD_S: Final = 1.0
PAUSES_S: Final = (0.7, 1.2)
SILENCE: Final = 0.005
"""A word's samples below this part of its peak, before and after it, are flite's own silence."""

NOISE: Final = 0.0004
"""Standard deviation of the room, full scale 1: a quiet living room, 60 dB below the voices' peaks."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One of flite's voices, made a speaker of its own.

    Attributes:
        name: As `flite -lv` lists it.
        stretch: Of durations; above 1 is slower.
        pitch_hz: Mean fundamental frequency.
        size: Of the speaker; below 1 all frequencies are higher, as a child's are.
        peak: Loudest sample, full scale 1.
    """

    name: str
    stretch: float
    pitch_hz: float
    size: float
    peak: float


VOICES: Final = (
    Voice("rms", stretch=0.9, pitch_hz=95, size=1.0, peak=0.4),
    Voice("awb", stretch=1.0, pitch_hz=130, size=1.08, peak=0.5),
    Voice("awb", stretch=1.1, pitch_hz=150, size=1.15, peak=0.3),
)


def main() -> None:
    """Write the recording and what is said in it."""
    chance = np.random.default_rng(SEED)
    samples = np.zeros(round(LEAD_S * RATE_HZ))
    spoken = []
    for voice, keyword in _order(chance):
        word = _said(voice, WORDS[keyword])
        onset_s = len(samples) / RATE_HZ
        spoken.append(Spoken(str(keyword), onset_s, onset_s + len(word) / RATE_HZ, voice.name))
        samples = np.concatenate([samples, word, np.zeros(round(chance.uniform(*PAUSES_S) * RATE_HZ))])
    soundfile.write(SPEECH, samples + _room(chance, len(samples)), RATE_HZ, "PCM_16")
    lines = ",\n".join(json.dumps(_rounded(word)) for word in spoken)
    TRUTH.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _order(chance: np.random.Generator) -> Iterator[tuple[Voice, int]]:
    for voice in VOICES:
        for keyword in chance.permutation(len(WORDS)):
            yield voice, int(keyword)


def _said(voice: Voice, word: str) -> Float64:
    """Return a word from its first to its last sound."""
    settings = (f"duration_stretch={voice.stretch}", f"int_f0_target_mean={voice.pitch_hz}")
    with NamedTemporaryFile(suffix=".wav") as wav:
        command = ["flite", "-voice", voice.name, "--setf", settings[0], "--setf", settings[1]]
        subprocess.run([*command, "-t", f"{word}.", "-o", wav.name], check=True)  # noqa: S603 - all our own
        samples, rate_hz = soundfile.read(wav.name)
    if rate_hz != RATE_HZ:
        raise ValueError(f"voice {voice.name} speaks at {rate_hz} Hz, not {RATE_HZ}")
    samples = soxr.resample(samples, RATE_HZ, voice.size * RATE_HZ)
    (sounding,) = np.nonzero(np.abs(samples) > SILENCE * np.abs(samples).max())
    word_only: Float64 = samples[sounding[0] : sounding[-1] + 1] * (voice.peak / np.abs(samples).max())
    return word_only


def _room(chance: np.random.Generator, length: int) -> Float64:
    """Return noise that is louder at low frequencies, as that of rooms is."""
    noise = np.convolve(chance.standard_normal(length), 0.9 ** np.arange(64), "same")
    scaled: Float64 = NOISE / noise.std() * noise
    return scaled


def _rounded(word: Spoken) -> dict[str, str | float]:
    return {
        "keyword": word.keyword,
        "onset_s": round(word.onset_s, 3),
        "offset_s": round(word.offset_s, 3),
        "voice": word.voice,
    }


if __name__ == "__main__":
    main()
