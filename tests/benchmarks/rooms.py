"""What `digitd calibrate` proposes in rooms of many kinds, and what becomes of digits with it and without.

    PYTHONPATH=tests .venv/bin/python -m benchmarks.rooms --digits 240

prints a table. Each room is heard for ten seconds, then four of a speaker's digits, as by `digitd calibrate`;
the others are played with the settings in force and with those that are proposed. Speakers are those that the
model has learned from, so that development speakers stay unheard: what is compared is settings, not people.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from digitd.audio.files import array_blocks
from digitd.calibration.advice import proposals
from digitd.calibration.room import measure_room
from digitd.calibration.voice import Take, measure_voice
from digitd.commands.calibrate import EARS
from digitd.decide import DecisionSettings
from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import AudioBlock, Detection, Float32
from digitd.model import SHIPPED
from digitd.model.bundle import read_bundle
from digitd.model.cascade import Cascade
from digitd.pipeline import bar, recognise, utterances, verdicts
from digitd_training import augment
from digitd_training.data import DIGITS, ELSE, Clip, clips, faded, is_official_fsdd_test, load, read_manifest
from integration.recordings import FOLDER

RATE_HZ = 16_000
LEAD_S = 8.0
PAUSES_S = (0.7, 1.3)
ROOM_DBFS = -62.0
SPEECH_DBFS = -26.0
SLACK_S = 0.1

Bed: TypeAlias = Callable[[int, np.random.Generator], Float32]
"""Noise of a length in samples; root mean square 1."""


@dataclass(frozen=True)
class Place:
    """A room with a microphone in it.

    Attributes:
        name: What it is.
        kind: What it stands for.
        bed: The noise in it, beside that of a quiet room.
        bed_dbfs: Its level.
        speech_dbfs: Level of the words where the microphone is.
        gain_db: Of the microphone, before its samples are rounded to 16 bits.
        far: Whether the words come with reverberation.
    """

    name: str
    kind: str
    bed: Bed | None = None
    bed_dbfs: float = -120.0
    speech_dbfs: float = SPEECH_DBFS
    gain_db: float = 0.0
    far: bool = False

    def hear(self, words: Float32, seed: int) -> Float32:
        """Return what the microphone gives of words, silence included."""
        rng = np.random.default_rng(seed)
        heard = augment.in_room(words, _reverberant(rng))[: len(words)] if self.far else words
        heard = heard * _factor(self.speech_dbfs)
        heard = heard + augment.coloured_noise(len(words), rng, exponent=1) * _factor(ROOM_DBFS)
        if self.bed:
            heard = heard + self.bed(len(words), rng) * _factor(self.bed_dbfs)
        steps = np.rint(heard * _factor(self.gain_db) * 32767).clip(-32768, 32767)
        samples: Float32 = (steps / 32768).astype(np.float32)
        return samples


@dataclass(frozen=True)
class Scene:
    """Words one after the other, amid silence; and where each of them is."""

    samples: Float32
    words: Sequence[tuple[str, int, int]]


@dataclass(frozen=True)
class Counts:
    """What became of digits, and of everything else."""

    right: int
    wrong: int
    missed: int
    false_accepts: int


@dataclass(frozen=True)
class Row:
    """One room."""

    place: Place
    changes: dict[str, float]
    before: Counts
    after: Counts


class Remembering:
    """Names an utterance of one sound once, however many settings cut it out alike."""

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self._known: dict[tuple[int, int, int, int], Any] = {}

    def score(self, utterance: Any) -> Any:  # noqa: ANN401 - a Scorer
        around = utterance.surroundings
        key = (utterance.start, len(utterance.samples), around.start, len(around.samples))
        if key not in self._known:
            self._known[key] = self._cascade.score(utterance)
        return self._known[key]


class Bench:
    """The recordings and the model, loaded once."""

    def __init__(self, digits: int, others: int, seed: int) -> None:
        self._seed = seed
        rng = np.random.default_rng(seed)
        rows = [row for row in read_manifest(FOLDER) if row.split == "train"]

        def some(number: int, **wanted: Sequence[str]) -> list[Any]:
            fit = [row for row in rows if all(getattr(row, key) in values for key, values in wanted.items())]
            return [fit[at] for at in rng.permutation(len(fit))[:number]]

        sentences = clips(some(digits, source=["an4"], kind=["digits", "mixed"]), RATE_HZ, DIGITS)
        spoken = [clip for clip in sentences if clip.label != ELSE]
        taken = [row for row in some(2 * digits, source=["fsdd"]) if not is_official_fsdd_test(row)]
        alone = clips(taken[: digits // 2], RATE_HZ, DIGITS)
        self.digits = _scene([*_few(spoken, digits - len(alone), rng), *alone], rng)
        self.asked = _scene(_few([clip for clip in spoken if clip.label in "6835"], 4, rng), rng)
        words = clips(some(others * 3 // 4, source=["speech-commands"], kind=["word"]), RATE_HZ, DIGITS)
        speech = clips(some(others, source=["an4", "sentences"], kind=["speech"]), RATE_HZ, DIGITS)
        self.others = _scene([*words, *speech[: others // 4]], rng)
        noises: dict[str, list[Float32]] = {}
        for row in some(1000, source=["esc-10"]):
            if len(noises.setdefault(row.label, [])) < 8:
                noises[row.label].append(load(row, RATE_HZ))
        voices = [load(row, RATE_HZ) for row in some(12, kind=["speech"])]
        self.places = _places(noises, voices)
        self._cascade = Cascade(read_bundle(SHIPPED))
        self._bar = bar(DecisionSettings(), self._cascade)

    def changes(self, place: Place) -> dict[str, float]:
        """What `digitd calibrate` proposes there, before it plays the words again."""
        lead = round(10 * RATE_HZ)
        heard = place.hear(np.concatenate([np.zeros(lead, np.float32), self.asked.samples]), self._seed)
        found = [one for _, one in utterances([AudioBlock(0, heard)], EARS, RATE_HZ)]
        takes = []
        for word, start, end in self.asked.words:
            first, last = start + lead - RATE_HZ // 4, end + lead + RATE_HZ // 4
            inside = [one for one in found if first <= one.onset < last]
            takes.append(Take(word, first, heard[first:last], inside))
        room = measure_room(heard[:lead], RATE_HZ)
        proposed = proposals(room, measure_voice(takes, room, RATE_HZ), SegmenterSettings())
        return {one.key: one.value for one in proposed}

    def row(self, place: Place) -> Row:
        """Play everything in one room."""
        changes = self.changes(place)
        sounds = [
            place.hear(scene.samples, self._seed + at)
            for at, scene in enumerate((self.digits, self.others), 1)
        ]
        scorers = [Remembering(self._cascade) for _ in sounds]

        def played(settings: SegmenterSettings) -> Counts:
            digits, others = (self._accepted(*both, settings) for both in zip(sounds, scorers, strict=True))
            return _counts(digits, len(others), self.digits)

        before = played(SegmenterSettings())
        settings: dict[str, Any] = dict(changes)
        return Row(
            place, changes, before, played(replace(SegmenterSettings(), **settings)) if changes else before
        )

    def _accepted(self, sound: Float32, scorer: Remembering, settings: SegmenterSettings) -> list[Detection]:
        came = recognise(array_blocks(sound), settings, scorer, lambda: self._bar, RATE_HZ)
        return [one for one in verdicts(came) if isinstance(one, Detection)]


def _counts(accepted: Sequence[Detection], elsewhere: int, scene: Scene) -> Counts:
    slack = round(SLACK_S * RATE_HZ)
    outcomes: Counter[str] = Counter()
    for word, start, end in scene.words:
        inside = [
            one.keyword
            for one in accepted
            if one.utterance.onset < end + slack and one.utterance.offset > start - slack
        ]
        outcomes["right" if inside == [word] else "wrong" if inside else "missed"] += 1
        elsewhere -= len(inside)
    return Counts(outcomes["right"], outcomes["wrong"], outcomes["missed"], elsewhere + len(accepted))


def _places(noises: dict[str, list[Float32]], voices: list[Float32]) -> list[Place]:
    pink = partial(augment.coloured_noise, exponent=1)
    white = partial(augment.coloured_noise, exponent=0)
    hum = partial(augment.hum, rate_hz=RATE_HZ)
    music = partial(augment.music, rate_hz=RATE_HZ)
    recorded = [
        Place(f"{name.replace('_', ' ')}, 10 dB", "noisy", partial(_recorded, noises[name]), -36)
        for name in ("rain", "sea_waves", "helicopter", "clock_tick", "fire_crackling")
    ]
    return [
        Place("quiet room", "ordinary"),
        Place("fan, 19 dB", "ordinary", pink, -45),
        Place("from afar, 20 dB", "ordinary", speech_dbfs=-42, far=True),
        Place("gain 30 dB too low", "quiet", gain_db=-30),
        Place("gain 40 dB too low", "quiet", gain_db=-40),
        Place("gain 45 dB too low", "quiet", gain_db=-45),
        Place("pink noise, 15 dB", "loud", pink, -41),
        Place("pink noise, 10 dB", "loud", pink, -36),
        Place("pink noise, 5 dB", "loud", pink, -31),
        Place("white noise, 10 dB", "loud", white, -36),
        Place("white noise, 5 dB", "loud", white, -31),
        Place("fan and far, 14 dB", "loud", pink, -50, speech_dbfs=-36, far=True),
        Place("hum, 10 dB", "humming", hum, -36),
        Place("hum, 0 dB", "humming", hum, -26),
        *recorded,
        Place("people talking, 15 dB", "noisy", partial(augment.babble, voices), -41),
        Place("synthetic music, 15 dB", "noisy", music, -41),
    ]


def _scene(spoken: Sequence[Clip], rng: np.random.Generator) -> Scene:
    pieces, words, at = [np.zeros(round(LEAD_S * RATE_HZ), np.float32)], [], round(LEAD_S * RATE_HZ)
    for clip in spoken:
        sound = faded(clip.samples, RATE_HZ) / np.float32(augment.speech_level(clip.samples, RATE_HZ))
        sound *= _factor(float(rng.uniform(-4, 4)))
        words.append((clip.label, at, at + len(sound)))
        pause = round(rng.uniform(*PAUSES_S) * RATE_HZ)
        pieces += [sound, np.zeros(pause, np.float32)]
        at += len(sound) + pause
    return Scene(np.concatenate(pieces), words)


def _few(some: Sequence[Clip], number: int, rng: np.random.Generator) -> list[Clip]:
    return [some[at] for at in rng.permutation(len(some))[:number]]


def _recorded(recordings: Sequence[Float32], length: int, rng: np.random.Generator) -> Float32:
    """Recordings of one noise in a row, each at the same level."""
    order = rng.permutation(len(recordings))
    row = np.concatenate([recordings[at] / np.float32(augment.rms(recordings[at])) for at in order])
    return augment.looped(row, length, rng)


def _reverberant(rng: np.random.Generator) -> Float32:
    tail = augment.reverberation(rng, 0.5, RATE_HZ)
    tail[: round(0.002 * RATE_HZ)] = 0.0
    tail /= np.sqrt(np.sum(np.square(tail)))
    tail[0] = 1.0
    return tail.astype(np.float32)


def _factor(decibels: float) -> np.float32:
    return np.float32(10 ** (decibels / 20))


TABLE_HEAD = """\
| room | | proposed | right | missed | wrong | false accepts |
|---|---|---|---|---|---|---|"""


def line(row: Row) -> str:
    """Return a room as a line of a table in Markdown."""
    said = ", ".join(f"{key} {value:g}" for key, value in row.changes.items()) or "nothing"
    names = ("right", "missed", "wrong", "false_accepts")
    figures = [f"{getattr(row.before, name)} → {getattr(row.after, name)}" for name in names]
    if not row.changes:
        figures = [str(getattr(row.before, name)) for name in names]
    return f"| {row.place.name} | {row.place.kind} | {said} | {' | '.join(figures)} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--digits", type=int, default=240)
    parser.add_argument("--others", type=int, default=160)
    parser.add_argument("--seed", type=int, default=27)
    arguments = parser.parse_args()
    bench = Bench(arguments.digits, arguments.others, arguments.seed)
    print(TABLE_HEAD)
    for place in bench.places:
        print(line(bench.row(place)), flush=True)


if __name__ == "__main__":
    main()
