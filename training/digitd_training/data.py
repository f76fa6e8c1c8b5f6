"""Recordings of every supported corpus as labelled clips, split by speaker.

A folder of recordings has a `manifest.csv` with a row a file: path, source, kind, label, speaker, split,
seconds, rate_hz. `kind` is `digit` (label 0 to 9), `digits` and `mixed` (a sentence with digits in it, see
`corpora/word_times/an4.csv` for where each word lies), `word` and `speech` (no digit), `noise`, `impulse`.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import soundfile
import soxr

from digitd.errors import InputError
from digitd.messages import Float32
from digitd_training.corpora.manifest import NAME, read_rows

DIGITS = {
    name: str(value)
    for value, name in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
}
FSDD_TEST_TAKES = 5

CURE = "`digitd-train fetch` brings a corpus anew"

ELSE = "else"
"""The label of everything that is no keyword."""

WORD_MARGIN_S = 0.04
"""Kept on either side of a word that is cut out of a sentence; aligners cut close."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A row of the manifest.

    Attributes:
        path: Where it lies.
        name: The path as the manifest has it.
        source: The corpus.
        kind: See the module.
        label: Word or transcript.
        speaker: Who speaks, unique over all corpora.
        split: `train`, `dev`, or `test`, which nothing here reads.
    """

    path: Path
    name: str
    source: str
    kind: str
    label: str
    speaker: str
    split: str


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Something to be placed in a scene.

    Attributes:
        samples: Shape (n,), full scale ±1.0.
        label: A keyword, or `ELSE`.
        speaker: Who speaks.
        source: The corpus.
        name: The recording it comes from.
        kind: `word` where the clip is one isolated word; in `speech`, `noise` and
            a `fragment` of a word any utterance has its label.
    """

    samples: Float32
    label: str
    speaker: str
    source: str
    name: str
    kind: str

    @property
    def whole(self) -> bool:
        """Whether the clip is one isolated word."""
        return self.kind == "word"


def read_manifest(folder: Path) -> list[Recording]:
    """Read a folder's manifest.

    Raises:
        InputError: There is none, or it is none of ours.
    """
    manifest = folder / NAME
    if not manifest.is_file():
        raise InputError(f"{manifest}: not there; --data takes a folder of recordings with a {NAME}")
    return [
        Recording(folder / row.path, row.path, row.source, row.kind, row.label, row.speaker, row.split)
        for row in read_rows(manifest)
    ]


def spellings(labels: Collection[str]) -> dict[str, str]:
    """Return how other corpora may spell keywords, with the keyword: "seven" and "7", "stop" and "Stop"."""
    names = {digit: name for name, digit in DIGITS.items()}
    spelled = {label: label for label in labels}
    for label in labels:
        for spelling in (label.casefold(), names.get(label, label)):
            spelled.setdefault(spelling, label)
    return spelled


def keywords_in(recording: Recording, keywords: Mapping[str, str]) -> set[str]:
    """Return the labels of the keywords that are known to be spoken in a recording.

    Args:
        recording: With a word or a transcript for its label.
        keywords: Spelled word to label.
    """
    words = {recording.label, *recording.label.split()}
    return {keywords.get(word, word) for word in words} & {*keywords.values()}


def is_official_fsdd_test(recording: Recording) -> bool:
    """Whether FSDD counts it to its test set: takes 0 to 4."""
    take = recording.path.stem.rpartition("_")[2]
    return recording.source == "fsdd" and take.isdecimal() and int(take) < FSDD_TEST_TAKES


def load(recording: Recording, rate_hz: int) -> Float32:
    """Read a recording's first channel, resampled, shape (n,), full scale ±1.0.

    Raises:
        InputError: It is not there, or broken.
    """
    try:
        samples, own_rate_hz = soundfile.read(recording.path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise InputError(f"{recording.path}: cannot be read: {error}; {CURE}") from error
    resampled: Float32 = soxr.resample(samples[:, 0], own_rate_hz, rate_hz)
    return resampled.astype(np.float32)


def clips(recordings: Iterable[Recording], rate_hz: int, keywords: dict[str, str]) -> list[Clip]:
    """Read recordings as clips; sentences with keywords give their words, each as a clip of its own.

    Args:
        recordings: Of any kind but `impulse`.
        rate_hz: The rate to read at.
        keywords: Spelled word to label.
    """
    found = []
    for recording in recordings:
        samples = load(recording, rate_hz)
        times = an4_word_times().get(recording.path.stem.lower(), []) if recording.source == "an4" else []
        found += _words(recording, samples, times, rate_hz, keywords)
        if recording.kind in {"digits", "mixed"}:
            continue
        if recording.kind == "speech" and keywords_in(recording, keywords):  # not everything else, then
            continue
        kind = "word" if recording.kind in {"digit", "word"} else recording.kind
        spoken = keywords.get(recording.label, recording.label)
        label = spoken if kind == "word" and spoken in keywords.values() else ELSE
        found.append(Clip(samples, label, recording.speaker, recording.source, recording.name, kind))
    return found


def digest(recordings: Iterable[Recording]) -> str:
    """SHA-256 over the recordings' bytes in the order of their names.

    Raises:
        InputError: One is not there.
    """
    total = hashlib.sha256()
    for recording in sorted(recordings, key=lambda recording: recording.name):
        try:
            total.update(recording.path.read_bytes())
        except OSError as error:
            raise InputError(f"{recording.path}: cannot be read: {error.strerror}; {CURE}") from error
    return total.hexdigest()


def _words(
    recording: Recording,
    samples: Float32,
    times: list[tuple[str, float, float]],
    rate_hz: int,
    keywords: dict[str, str],
) -> list[Clip]:
    """Cut the keywords out of a sentence; the sentence's other words are cut out as `ELSE`."""
    cut = []
    for word, start_s, end_s in times:
        start, end = (round(at * rate_hz) for at in (start_s - WORD_MARGIN_S, end_s + WORD_MARGIN_S))
        label = keywords.get(word, ELSE)
        piece = faded(samples[max(start, 0) : end], rate_hz)
        cut.append(Clip(piece, label, recording.speaker, recording.source, recording.name, "word"))
    return cut


def faded(samples: Float32, rate_hz: int, fade_s: float = 0.015) -> Float32:
    """Fade in and out, so that a cut does not click."""
    length = min(round(fade_s * rate_hz), len(samples) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    shaped = samples.copy()
    shaped[:length] *= ramp
    shaped[len(shaped) - length :] *= ramp[::-1]
    return shaped


@cache
def an4_word_times() -> dict[str, list[tuple[str, float, float]]]:
    """Where words lie in AN4's utterances: its name -> word, start and end in seconds.

    Found by forced alignment of the transcripts; 931 of the 948 training utterances have them.
    """
    times = defaultdict(list)
    with (resources.files("digitd_training.corpora") / "word_times" / "an4.csv").open(
        encoding="utf-8"
    ) as lines:
        for row in csv.DictReader(lines):
            times[row["utterance"]].append((row["word"], float(row["start_s"]), float(row["end_s"])))
    return dict(times)
