"""The folder of clips: what is in it, what has to go, and where a label moves a clip to.

    unlabelled/20261126T120000123.wav                 a clip; beside it, as .json, what is known of it
    labelled/5/kitchen_20261126T120000123.wav         somebody said that it was a 5
    labelled/_other_/kitchen_20261126T120009456.wav   ... that it was no keyword

`digitd-train train --words` takes the folder `labelled` as it is. The folder is looked at anew each time:
whoever trains may move clips away while the daemon runs.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from digitd.audio.writing import wav
from digitd.clips import OTHER
from digitd.errors import DigitdError
from digitd.foreign import decoded
from digitd.messages import Float32

NAME: Final = re.compile(r"(?:.*_)?(\d{8}T\d{9})\.wav")
FACTS: Final = re.compile(r"(?:.*_)?\d{8}T\d{9}\.json")
FRESH: Final = re.compile(r"(?:.*_)?\d{8}T\d{9}\.(?:wav|json)\.new")
WORD: Final = re.compile(r"[^\W_][^/]*|" + OTHER)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a clip, as it stands beside it.

    Attributes:
        schema: Version of this form.
        at: When it began, UTC.
        site: Where it was heard.
        heard: The likeliest label.
        accepted: Whether it was acted on.
        reason: Why not.
        needed: The least posterior that its label is acted on with; None where it never is.
        scores: Posterior of each label.
        onset_s: Where in the clip it begins, seconds.
        offset_s: Where it ends.
        model: That heard it.
        label: What somebody said that it was; `_other_` for no keyword.
    """

    at: str
    site: str
    heard: str | None
    accepted: bool
    reason: str | None
    needed: float | None
    scores: dict[str, float]
    onset_s: float
    offset_s: float
    model: str
    schema: int = 1
    label: str | None = None


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: it holds an array
class Clip:
    """An utterance to be kept.

    Attributes:
        name: By time, so that names sort.
        samples: As recorded, shape (n,), full scale is ±1.0.
        rate_hz: Their rate.
        facts: What is known of it.
    """

    name: str
    samples: Float32
    rate_hz: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Kept:
    """A clip in the folder.

    Attributes:
        name: Its own.
        path: The WAV file.
        label: What somebody said that it was; None for nobody.
        size: Bytes, of both files.
    """

    name: str
    path: Path
    label: str | None
    size: int


class Album:
    """Keeps within its limits: the oldest without a label goes first, one with a label never.

    Args:
        folder: Where everything is.
        speaker: Who the files of labelled clips say has spoken: the site, as nobody knows more.
        most: At most so many clips.
        most_bytes: At most so much.
    """

    def __init__(self, folder: Path, speaker: str, most: int, most_bytes: int) -> None:
        self.folder = folder
        self._speaker = speaker
        self._most = most
        self._most_bytes = most_bytes

    def kept(self) -> list[Kept]:
        """Return what is there, the oldest first."""
        return sorted(self._found(), key=lambda kept: kept.name)

    def keep(self, clip: Clip) -> None:
        """Write a clip, after making room for it.

        Raises:
            DigitdError: Only clips with labels are left, which nobody but their owner deletes.
            OSError: It cannot be written.
        """
        sound, facts = wav(clip.samples, clip.rate_hz), msgspec.json.encode(clip.facts)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room(len(sound) + len(facts))
        path = self.folder / "unlabelled" / f"{clip.name}.wav"
        _write(path.with_suffix(".json"), facts)
        _write(path, sound)

    def label(self, name: str, label: str) -> None:
        """Move a clip, if it is still there, to where its label says that it belongs.

        Raises:
            OSError: It cannot be moved.
        """
        kept = self._one(name)
        target = self.folder / "labelled" / label / f"{self._speaker}_{name}.wav"
        if kept is None or kept.path == target:
            return
        beside = kept.path.with_suffix(".json")
        if beside.exists():
            facts = decoded(beside.read_bytes(), Facts)
            _write(target.with_suffix(".json"), msgspec.json.encode(replace(facts, label=label)))
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept.path.replace(target)
        beside.unlink(missing_ok=True)

    def forget(self, name: str | None = None) -> None:
        """Delete a clip, or all of them, labelled ones too.

        Raises:
            OSError: It cannot be deleted.
        """
        for kept in self.kept():
            if name in {None, kept.name}:
                _delete(kept)

    def sound(self, name: str) -> bytes | None:
        """Return a clip's WAV file; None where there is no such clip.

        Raises:
            OSError: It cannot be read.
        """
        kept = self._one(name)
        return kept.path.read_bytes() if kept else None

    def clear_up(self) -> None:
        """Delete what a power cut left half done: files without a name yet, and facts without a sound.

        Raises:
            OSError: It cannot be deleted.
        """
        for path in self.folder.glob("*labelled/**/*"):
            alone = FACTS.fullmatch(path.name) and not path.with_suffix(".wav").exists()
            if alone or FRESH.fullmatch(path.name):
                path.unlink(missing_ok=True)

    def _found(self) -> Iterator[Kept]:
        for path in self.folder.glob("unlabelled/*.wav"):
            yield from _kept(path, None)
        for path in self.folder.glob("labelled/*/*.wav"):
            yield from _kept(path, path.parent.name)

    def _one(self, name: str) -> Kept | None:
        return next((kept for kept in self._found() if kept.name == name), None)

    def _make_room(self, size: int) -> None:
        there = self.kept()
        going = [kept for kept in there if kept.label is None]
        count, total = len(there) + 1, sum(kept.size for kept in there) + size
        while count > self._most or total > self._most_bytes:
            if not going:
                raise DigitdError(
                    "full of labelled clips: train with them, then move them away, or raise clips.most or "
                    "clips.most_mb"
                )
            oldest = going.pop(0)
            _delete(oldest)
            count, total = count - 1, total - oldest.size


def is_label(label: str, keywords: Sequence[str]) -> bool:
    """Say whether a clip can have a label: a keyword that can be a folder, or none of them."""
    return label in {*keywords, OTHER} and WORD.fullmatch(label) is not None


def _kept(path: Path, label: str | None) -> Iterator[Kept]:
    """Yield the clip that a file is, unless it is none of ours or has just gone."""
    named = NAME.fullmatch(path.name)
    if not named:
        return
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return
    facts = path.with_suffix(".json")
    yield Kept(named[1], path, label, size + (facts.stat().st_size if facts.exists() else 0))


def _delete(kept: Kept) -> None:
    kept.path.unlink(missing_ok=True)
    kept.path.with_suffix(".json").unlink(missing_ok=True)


def _write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read; under its name it is whole or not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    try:
        with open(fresh, "wb", opener=_for_owner) as file:  # Path.open() takes no opener
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, mode=0o600)
