"""Clips placed in a room, and what the daemon's own segmenter cuts out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta

from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import AudioBlock, Float32, Utterance
from digitd.pipeline import utterances
from digitd_training import augment
from digitd_training.augment import Generator
from digitd_training.data import Clip, faded

LEAST_COVERED = 0.5
"""An utterance that covers less of an isolated word is a fragment of it."""

LEAST_COVERED_LOOSE = 0.15
"""The same where the word is somewhere in its clip."""

UNTRIMMED = {"speech-commands", "wake-words", "words"}
"""Corpora whose clips do not begin and end with their word."""


LEAST_INSIDE, MOST_BEYOND = 0.5, 0.1
"""An utterance belongs to a clip that so much of it lies in, and so little in another; the rest may be the
room's reverberation."""


Share = Annotated[float, Meta(ge=0, le=1)]
Gap = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class SceneSettings:
    """How rooms, microphones and people vary.

    Attributes:
        clips: So many to a scene.
        gap_s: Least and greatest pause between two clips.
        speed_spread: Speed and pitch change by up to the exponential of this.
        snr_db: Least and greatest level of the words above the bed of noise.
        peak_dbfs: Least and greatest peak of a scene: the range of real microphones.
        room_share: Of scenes that take place in a reverberant room.
        tilt_share: Of scenes heard through a coloured microphone.
        band_share: Of scenes heard through a microphone that leaves a part of the band.
        clipped_share: Of scenes too loud for the microphone.
        recorded_room_share: Of reverberant rooms that were measured; the others are synthetic.
        recorded_noise_share: Of beds of noise that were recorded; the others are synthetic.
        babble_share: Of beds of noise that are people talking.
        music_share: Of beds of noise that are synthetic music.
        hum_share: Of scenes with mains hum.
    """

    clips: Annotated[int, Meta(ge=1)] = 10
    gap_s: tuple[Gap, Gap] = (0.35, 1.1)
    speed_spread: Annotated[float, Meta(ge=0, le=0.5)] = 0.14
    snr_db: tuple[float, float] = (4.0, 42.0)
    peak_dbfs: tuple[float, float] = (-30.0, -1.0)
    room_share: Share = 0.4
    tilt_share: Share = 0.6
    band_share: Share = 0.15
    clipped_share: Share = 0.05
    recorded_room_share: Share = 0.3
    recorded_noise_share: Share = 0.5
    babble_share: Share = 0.1
    music_share: Share = 0.05
    hum_share: Share = 0.1

    def __post_init__(self) -> None:
        """Hold both ends of each range against one another."""
        for name in ("gap_s", "snr_db", "peak_dbfs"):
            least, greatest = getattr(self, name)
            if least > greatest:
                raise ValueError(f"{name}: {least:g} to {greatest:g} is no range")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a scene may take place in.

    Attributes:
        noises: Recordings of noise, each shape (n,).
        rooms: Impulse responses, each shape (n,).
        voices: Recordings of running speech, each shape (n,).
    """

    noises: Sequence[Float32]
    rooms: Sequence[Float32]
    voices: Sequence[Float32]


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A clip and the samples of the scene that it takes up, `start` up to but not including `end`."""

    clip: Clip
    start: int
    end: int


def scene(
    clips: Sequence[Clip], surroundings: Surroundings, settings: SceneSettings, rate_hz: int, rng: Generator
) -> tuple[Float32, list[Placed]]:
    """Let the clips happen one after the other in one room, in one noise, before one microphone."""
    pieces, placed, at = [], [], 0
    for clip in clips:
        gap = round(rng.uniform(*settings.gap_s) * rate_hz)
        sound = augment.changed_speed(clip.samples, rng, settings.speed_spread)
        sound = faded(sound, rate_hz) / np.float32(augment.speech_level(sound, rate_hz))
        sound *= np.float32(10 ** (rng.uniform(-6, 6) / 20))
        pieces += [np.zeros(gap, np.float32), sound]
        placed.append(Placed(clip, at + gap, at + gap + len(sound)))
        at += gap + len(sound)
    pieces.append(np.zeros(round(0.6 * rate_hz), np.float32))
    words = np.concatenate(pieces)
    if rng.uniform() < settings.room_share:
        words = augment.in_room(words, _room(surroundings, settings, rng, rate_hz))[: len(words)]
    bed = _bed(len(words), surroundings, settings, rng, rate_hz)
    heard = words + bed * np.float32(10 ** (-rng.uniform(*settings.snr_db) / 20))
    return _through_microphone(heard, settings, rng, rate_hz), placed


def spoken(
    samples: Float32, placed: Sequence[Placed], segmenter: SegmenterSettings, rate_hz: int
) -> list[tuple[Utterance, Clip]]:
    """Cut a scene with the daemon's segmenter and name what it cut.

    Of an isolated word the longest utterance is the word, if it covers enough of it; what else lies within
    it is left out. Utterances over two clips, or in none, are left out too.
    """
    cut = [utterance for utterance in cut_utterances(samples, segmenter, rate_hz) if not utterance.too_long]
    found = []
    for place in placed:
        inside = [utterance for utterance in cut if _lies_in(utterance, place)]
        inside = [utterance for utterance in inside if not _reaches_beyond(utterance, place, placed)]
        if place.clip.whole:
            inside = [max(inside, key=_length)] if inside else []
            inside = [utterance for utterance in inside if _is_word(utterance, place)]
        found += [(utterance, place.clip) for utterance in inside]
    return found


def place_of(utterance: Utterance, placed: Sequence[Placed]) -> Placed | None:
    """Return what most of an utterance lies in."""
    return next((place for place in placed if _lies_in(utterance, place)), None)


def cut_utterances(samples: Float32, segmenter: SegmenterSettings, rate_hz: int) -> list[Utterance]:
    """Run the daemon's conditioning and segmenter over samples, as one block."""
    return [utterance for _, utterance in utterances([AudioBlock(0, samples)], segmenter, rate_hz)]


def _length(utterance: Utterance) -> int:
    return utterance.offset - utterance.onset


def _lies_in(utterance: Utterance, place: Placed) -> bool:
    return _overlap(utterance, place) > LEAST_INSIDE * _length(utterance)


def _reaches_beyond(utterance: Utterance, place: Placed, placed: Sequence[Placed]) -> bool:
    """Whether some of an utterance lies in another clip than most of it."""
    beyond = max((_overlap(utterance, other) for other in placed if other is not place), default=0)
    return beyond > MOST_BEYOND * _length(utterance)


def _overlap(utterance: Utterance, place: Placed) -> int:
    return min(utterance.offset, place.end) - max(utterance.onset, place.start)


def _is_word(utterance: Utterance, place: Placed) -> bool:
    """Trimmed clips are filled by their word; untrimmed ones hold it somewhere, loud enough to be found."""
    least = LEAST_COVERED_LOOSE if place.clip.source in UNTRIMMED else LEAST_COVERED
    return _length(utterance) > least * (place.end - place.start)


def _room(surroundings: Surroundings, settings: SceneSettings, rng: Generator, rate_hz: int) -> Float32:
    if surroundings.rooms and rng.uniform() < settings.recorded_room_share:
        return surroundings.rooms[int(rng.integers(len(surroundings.rooms)))]
    return augment.synthetic_room(rng, rate_hz)


def _bed(
    length: int, surroundings: Surroundings, settings: SceneSettings, rng: Generator, rate_hz: int
) -> Float32:
    """A bed of noise, root mean square 1."""
    kind = rng.uniform()
    if kind < settings.babble_share and surroundings.voices:
        bed = augment.babble(surroundings.voices, length, rng)
    elif kind > 1 - settings.music_share:
        bed = augment.music(length, rng, rate_hz)
    elif rng.uniform() < settings.recorded_noise_share and surroundings.noises:
        noise = augment.looped(surroundings.noises[int(rng.integers(len(surroundings.noises)))], length, rng)
        bed = noise / np.float32(augment.rms(noise))
    else:
        bed = augment.coloured_noise(length, rng, rng.uniform(0, 2))
    if rng.uniform() < settings.hum_share:
        bed = bed + augment.hum(length, rng, rate_hz) * np.float32(rng.uniform(0.2, 1.0))
    return bed


def _through_microphone(heard: Float32, settings: SceneSettings, rng: Generator, rate_hz: int) -> Float32:
    if rng.uniform() < settings.tilt_share:
        heard = augment.tilted(heard, rng, rate_hz)
    if rng.uniform() < settings.band_share:
        heard = augment.band_limited(heard, rng, rate_hz)
    peak = 10 ** (rng.uniform(*settings.peak_dbfs) / 20)
    if rng.uniform() < settings.clipped_share:
        peak = 10 ** (rng.uniform(0, 9) / 20)
    scaled = heard * np.float32(peak / max(float(np.abs(heard).max()), 1e-9))
    steps: Float32 = np.rint(np.clip(scaled, -1, 1) * 32767).astype(np.float32)
    return steps / np.float32(32768)
