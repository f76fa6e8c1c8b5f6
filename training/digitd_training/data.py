"""Recordings of every supported corpus as labelled clips, split by speaker.

A folder of recordings has a `manifest.csv` with a row a file: path, source, kind, label, speaker, split,
seconds, rate_hz. `kind` is `digit` (label 0 to 9), `digits` and `mixed` (a sentence with digits in it, see
`an4_words.csv` for where each word lies), `word` and `speech` (no digit), `noise`, `impulse`.
"""

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from digitd.errors import InputError
from digitd.messages import Float32

DIGITS = {
    name: str(value)
    for value, name in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
}
FSDD_TEST_TAKES = 5

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
        split: `train` or `dev`.
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
        whole: Whether the clip is one isolated word; otherwise it is running speech or noise and any
            utterance in it has its label.
    """

    samples: Float32
    label: str
    speaker: str
    source: str
    name: str
    whole: bool


def read_manifest(folder: Path) -> list[Recording]:
    """Read a folder's manifest.

    Raises:
        InputError: There is none.
    """
    manifest = folder / "manifest.csv"
    if not manifest.is_file():
        raise InputError(f"{manifest}: not there; --data takes a folder of recordings with a manifest.csv")
    with manifest.open(newline="", encoding="utf-8") as lines:
        return [
            Recording(
                folder / row["path"],
                row["path"],
                row["source"],
                row["kind"],
                row["label"],
                row["speaker"],
                row["split"],
            )
            for row in csv.DictReader(lines)
        ]


def is_official_fsdd_test(recording: Recording) -> bool:
    """Whether FSDD counts it to its test set: takes 0 to 4."""
    return recording.source == "fsdd" and int(recording.path.stem.rsplit("_", 1)[1]) < FSDD_TEST_TAKES


def load(recording: Recording, rate_hz: int) -> Float32:
    """Read a recording's first channel, resampled, shape (n,), full scale ±1.0."""
    samples, own_rate_hz = soundfile.read(recording.path, dtype="float32", always_2d=True)
    resampled: Float32 = soxr.resample(samples[:, 0], own_rate_hz, rate_hz)
    return resampled.astype(np.float32)


def clips(recordings: Iterable[Recording], rate_hz: int, keywords: dict[str, str]) -> list[Clip]:
    """Read recordings as clips; sentences with digits give their digits, each as a clip of its own.

    Args:
        recordings: Of any kind but `impulse`.
        rate_hz: The rate to read at.
        keywords: Spelled word to label.
    """
    recordings = list(recordings)
    times = _word_times({recording.path.parent.parent for recording in recordings})
    found = []
    for recording in recordings:
        samples = load(recording, rate_hz)
        found += _words(recording, samples, times.get(recording.name, []), rate_hz, keywords)
        if recording.kind in {"digits", "mixed"}:
            continue
        whole = recording.kind in {"digit", "word"}
        label = recording.label if whole and recording.label in keywords.values() else ELSE
        found.append(Clip(samples, label, recording.speaker, recording.source, recording.name, whole))
    return found


def digest(recordings: Iterable[Recording]) -> str:
    """SHA-256 over the recordings' bytes in the order of their names."""
    total = hashlib.sha256()
    for recording in sorted(recordings, key=lambda recording: recording.name):
        total.update(recording.path.read_bytes())
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
        cut.append(Clip(piece, label, recording.speaker, recording.source, recording.name, whole=True))
    return cut


def faded(samples: Float32, rate_hz: int, fade_s: float = 0.015) -> Float32:
    """Fade in and out, so that a cut does not click."""
    length = min(round(fade_s * rate_hz), len(samples) // 2)
    ramp = np.linspace(0, 1, length, dtype=np.float32)
    shaped = samples.copy()
    shaped[:length] *= ramp
    shaped[len(shaped) - length :] *= ramp[::-1]
    return shaped


def _word_times(folders: set[Path]) -> dict[str, list[tuple[str, float, float]]]:
    """Where words lie in sentences: recording -> word, start and end in seconds."""
    times = defaultdict(list)
    for folder in folders:
        path = folder / "an4_words.csv"
        if not path.is_file():
            continue
        with path.open(newline="", encoding="utf-8") as lines:
            for row in csv.DictReader(lines):
                times[row["path"]].append((row["word"].lower(), float(row["start_s"]), float(row["end_s"])))
    return dict(times)
