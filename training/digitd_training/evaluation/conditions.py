"""The same digits in noise and in a reverberant room, from 20 dB of signal to noise down to 0."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from digitd.messages import Float32
from digitd_training import augment
from digitd_training.augment import Generator
from digitd_training.data import Clip
from digitd_training.evaluation.counting import Spoken, spoken
from digitd_training.evaluation.hearing import Maker, Place, Take, listen

SNRS_DB = (20, 15, 10, 5, 0)

SPEECH_DBFS = -26.0
"""Level of the words: what ITU-T P.56 has speech at, in most tests."""

QUIET_DBFS = -60.0
"""Pink noise of a quiet room, as under the clips of the main table; it is there under every other noise."""

BEFORE_S, AFTER_S = 3.0, 0.7
"""Noise around each word. Before it for twice the longest utterance: a daemon that has just begun takes
steady noise for one, and knows better only at its end; a daemon that runs has long known it."""

DECAY_S = 0.5
"""Reverberation time of the room: a furnished living room."""

TAIL_DB = 0.0
"""Level of the reverberation above the direct sound: as at the critical distance, in such a room about a
metre from who speaks."""

QUIET = "a quiet room"
REVERBERANT = "a reverberant room"

Bed: TypeAlias = Callable[[int, Generator], Float32]
"""Noise of a length in samples; root mean square 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Noisy:
    """A place with a noise in it.

    Attributes:
        bed: The noise.
        snr_db: Level of the loudest quarter of the word above the noise; None for a quiet room.
        rate_hz: The rate of its samples.
        reverberant: Whether the word comes with reverberation.
    """

    bed: Bed
    snr_db: float | None
    rate_hz: int
    reverberant: bool = False

    def __call__(self, clip: Clip, seed: int) -> Float32:
        """Return what a microphone there would hear of a clip."""
        rng = np.random.default_rng(seed)
        words = self._words(clip.samples, rng)
        # Under every noise, as pauses in recordings may be digital silence, which no microphone hears.
        room = augment.coloured_noise(len(words), rng, exponent=1) * np.float32(10 ** (QUIET_DBFS / 20))
        if self.snr_db is None:
            return words + room
        noise = self.bed(len(words), rng) * np.float32(10 ** ((SPEECH_DBFS - self.snr_db) / 20))
        heard: Float32 = words + room + noise
        return heard

    def _words(self, samples: Float32, rng: Generator) -> Float32:
        """The clip amid silence, at the level of speech."""
        before, after = round(BEFORE_S * self.rate_hz), round(AFTER_S * self.rate_hz)
        words: Float32 = np.pad(samples, (before, after))
        if self.reverberant:
            words = augment.in_room(words, _room(rng, self.rate_hz))[: len(words)]
        level = augment.speech_level(words[before : before + len(samples)], self.rate_hz)
        return words * np.float32(10 ** (SPEECH_DBFS / 20) / level)


@dataclass(frozen=True, slots=True)
class InNoise:
    """How one noise was borne at one level.

    Attributes:
        place: The noise, or the room.
        snr_db: Signal to noise ratio in decibels; None where it is quiet.
        digits: What became of them.
    """

    place: str
    snr_db: int | None
    digits: Spoken


def beds(noises: Mapping[str, Sequence[Float32]], voices: Sequence[Float32], rate_hz: int) -> dict[str, Bed]:
    """Every noise by name: white, pink, synthetic music, people talking, and what was recorded.

    Args:
        noises: Recordings by what they are.
        voices: Recordings of running speech.
        rate_hz: Their rate.
    """
    synthetic: dict[str, Bed] = {
        "white": partial(augment.coloured_noise, exponent=0),
        "pink": partial(augment.coloured_noise, exponent=1),
        "synthetic music": partial(augment.music, rate_hz=rate_hz),
    }
    talk: dict[str, Bed] = {"babble": partial(augment.babble, voices)} if voices else {}
    return synthetic | talk | {name: partial(_recorded, few) for name, few in sorted(noises.items())}


def in_noise(maker: Maker, digits: Sequence[Clip], beds: Mapping[str, Bed], rate_hz: int) -> list[InNoise]:
    """Play digits in each noise at each ratio, and in a quiet and a reverberant room.

    A digit comes with the same stretch of noise at every ratio.
    """
    places = _places(beds, rate_hz)
    takes = [
        Take(clip, _name(name, snr_db), seed) for name, snr_db in places for seed, clip in enumerate(digits)
    ]
    named = {_name(name, snr_db): place for (name, snr_db), place in places.items()}
    heard = listen([maker], named, takes, "digits in noise")[0]
    parts = [heard[start : start + len(digits)] for start in range(0, len(heard), len(digits))]
    return [
        InNoise(name, snr_db, spoken(_name(name, snr_db), few))
        for (name, snr_db), few in zip(places, parts, strict=True)
    ]


def _places(beds: Mapping[str, Bed], rate_hz: int) -> dict[tuple[str, int | None], Place]:
    pink = beds["pink"]
    places: dict[tuple[str, int | None], Place] = {(QUIET, None): Noisy(pink, None, rate_hz)}
    for snr_db in (None, *SNRS_DB):
        places[REVERBERANT, snr_db] = Noisy(pink, snr_db, rate_hz, reverberant=True)
    for name, bed in beds.items():
        places |= {(name, snr_db): Noisy(bed, snr_db, rate_hz) for snr_db in SNRS_DB}
    return places


def _name(place: str, snr_db: int | None) -> str:
    return place if snr_db is None else f"{place}, {snr_db} dB"


def _recorded(recordings: Sequence[Float32], length: int, rng: Generator) -> Float32:
    """A stretch of one of the recordings, scaled by the level of all of it: a bark is louder than a pause."""
    recording = recordings[int(rng.integers(len(recordings)))]
    return augment.looped(recording, length, rng) / np.float32(augment.rms(recording))


def _room(rng: Generator, rate_hz: int) -> Float32:
    """An impulse response: the direct sound, and an exponentially decaying tail of noise."""
    tail = augment.reverberation(rng, DECAY_S, rate_hz)
    tail[: round(0.002 * rate_hz)] = 0.0
    tail *= 10 ** (TAIL_DB / 20) / np.sqrt(np.sum(np.square(tail)))
    tail[0] = 1.0
    return tail.astype(np.float32)
