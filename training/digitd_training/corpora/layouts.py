"""What each corpus says of its files, by their names, folders and lists, in the layout it is published in."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from digitd.clips import OTHER
from digitd_training.corpora.splits import LEAST, held_out
from digitd_training.data import DIGITS

SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".sph"})

AN4_DEV = frozenset(["fash", "fjmd", "fnsv", "mblb", "mcsc", "meht", "mjdr", "mmaf", "mnfe", "msct", "mtje"])
"""AN4 holds nobody of its training part out. We do, always the same: the shipped model has not heard them."""

ESC_DEV_FOLD = "3"
"""Pieces of one recording lie in one fold of ESC-10; the shipped model has not heard this fold."""

SPOKEN_DIGITS = frozenset(DIGITS) | {"oh"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, as its corpus has it; see `manifest.Row` for what the values may be."""

    path: Path
    kind: str
    label: str = ""
    speaker: str = ""
    split: str = "train"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder has of a corpus.

    Attributes:
        entries: A file each.
        left_out: Files that do not fit the layout, each with the reason.
        notes: What a person should know of the whole.
    """

    entries: list[Entry]
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def fsdd(_source: str, folder: Path) -> Listing:
    """`{digit}_{speaker}_{take}`. All of it is for training: it is judged by its official test takes."""
    found = ((path, re.fullmatch(r"(\d)_([^_]+)_\d+", path.stem)) for path in sounds(folder))
    return Listing(
        [Entry(path, "digit", name[1], f"fsdd-{name[2]}") for path, name in found if name is not None]
    )


def speech_commands(_source: str, folder: Path) -> Listing:
    """`{word}/{speaker}_nohash_{take}`, noise in folders like `_background_noise_`.

    `validation_list.txt` is for measuring, `testing_list.txt` for nothing here, all that their speakers say.
    """
    entries = []
    for path in sounds(folder):
        speaker, nohash, _ = path.stem.partition("_nohash_")
        if path.parent.name.startswith("_"):
            entries.append(Entry(path, "noise"))
        elif nohash:
            entries.append(_word(path, f"sc-{speaker}"))
    dev, test = (_speakers_listed(folder, name) for name in ("validation_list.txt", "testing_list.txt"))
    if not dev:
        return _held_out(entries, [entry.speaker for entry in entries])
    splits = dict.fromkeys(dev, "dev") | dict.fromkeys(test, "test")
    return Listing([replace(entry, split=splits.get(entry.speaker, "train")) for entry in entries])


def an4(_source: str, folder: Path) -> Listing:
    """`etc/an4_train.transcription` and `etc/an4_test.transcription`, recordings by the utterance's name."""
    paths = {path.stem.lower(): path for path in sounds(folder)}
    entries = [
        _sentence(paths[utterance], transcript, part)
        for part in ("train", "test")
        for utterance, transcript in _transcripts(folder, f"an4_{part}.transcription")
        if utterance in paths
    ]
    return Listing(entries)


def words(source: str, folder: Path) -> Listing:
    """`{word}/{speaker}_{take}`, one's own; what is none of them is in `_other_`, called alike.

    Noise is in all other folders that begin with an underscore.
    """
    entries, left_out = [], []
    for path in sounds(folder):
        speaker, underscore, _ = path.stem.rpartition("_")
        if path.parent.name.startswith("_") and path.parent.name != OTHER:
            entries.append(Entry(path, "noise"))
        elif path.parent == folder or not underscore:
            left_out.append(f"{path}: it should be called word/speaker_take{path.suffix}")
        elif path.parent.name == OTHER:
            entries.append(Entry(path, "word", "", f"{source}-{speaker}"))
        else:
            entries.append(_word(path, f"{source}-{speaker}"))
    split = _held_out(entries, [entry.speaker for entry in entries])
    return Listing(split.entries, left_out, split.notes)


def noise(_source: str, folder: Path) -> Listing:
    """Any folder without speech. What is before the last hyphen or underscore of a name is not torn apart."""
    entries = [
        Entry(path, "noise", "" if path.parent == folder else path.parent.name) for path in sounds(folder)
    ]
    return _held_out(entries, [re.sub(r"[-_][^-_]*$", "", entry.path.stem) for entry in entries])


def esc10(_source: str, folder: Path) -> Listing:
    """`{class}/{fold}-{recording}-{piece}`."""
    found = ((path, re.match(r"(\d)-\d+-[A-Z]", path.stem)) for path in sounds(folder))
    return Listing(
        [
            Entry(path, "noise", path.parent.name, split="dev" if name[1] == ESC_DEV_FOLD else "train")
            for path, name in found
            if name is not None
        ]
    )


def wake_words(_source: str, folder: Path) -> Listing:
    """`{word}/{take}`; who speaks is not told, so that a speaker may be on both sides."""
    paths = [path for path in sounds(folder) if path.parent != folder]
    entries = [Entry(path, "word", path.parent.name) for path in paths]
    return _held_out(entries, [f"{path.parent.name}/{path.stem}" for path in paths])


def sentences(_source: str, folder: Path) -> Listing:
    """Any folder of running speech in which no keyword is meant; who speaks is not told here either."""
    entries = [Entry(path, "speech") for path in sounds(folder)]
    return _held_out(entries, [entry.path.stem for entry in entries])


def rooms(_source: str, folder: Path) -> Listing:
    """Any folder of impulse responses."""
    return Listing([Entry(path, "impulse") for path in sounds(folder)])


@dataclass(frozen=True, slots=True)
class Layout:
    """How a corpus is laid out.

    Attributes:
        read: Takes the corpus's name and a folder.
        shape: What it looks for there, for people.
    """

    read: Callable[[str, Path], Listing]
    shape: str


_ROOMS = Layout(rooms, "any sound files")

LAYOUTS = {
    "fsdd": Layout(fsdd, "digit_speaker_take.wav"),
    "speech-commands": Layout(speech_commands, "word/speaker_nohash_take.wav"),
    "an4": Layout(an4, "etc/an4_train.transcription and the .sph files that it names"),
    "wake-words": Layout(wake_words, "word/take.wav"),
    "sentences": Layout(sentences, "any sound files"),
    "words": Layout(words, "word/speaker_take.wav"),
    "noise": Layout(noise, "any sound files"),
    "esc-10": Layout(esc10, "class/fold-recording-piece.wav"),
    "rooms": _ROOMS,
    "room-responses": _ROOMS,
}
"""By the corpus."""


def sounds(folder: Path) -> list[Path]:
    """All sound files in and below a folder, in the order of their names."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def _held_out(entries: Sequence[Entry], groups: Sequence[str]) -> Listing:
    """Give the entries their splits; a group, a speaker or a recording, is on one side."""
    dev = held_out(groups)
    split = [
        replace(entry, split="dev") if group in dev else entry
        for entry, group in zip(entries, groups, strict=True)
    ]
    if dev or not entries:
        return Listing(split)
    apart = len(set(groups) - {""})
    return Listing(
        split,
        notes=[
            f"none is held out to measure on: that takes {LEAST} speakers or recordings, here are {apart}"
        ],
    )


def _word(path: Path, speaker: str) -> Entry:
    word = path.parent.name
    digit = DIGITS.get(word.lower(), word)
    return Entry(path, "digit" if digit in DIGITS.values() else "word", digit, speaker)


def _sentence(path: Path, transcript: str, part: str) -> Entry:
    spoken = transcript.split()
    digits = sum(word in SPOKEN_DIGITS for word in spoken)
    kind = "digits" if digits == len(spoken) else "mixed" if digits else "speech"
    speaker = path.stem.lower().split("-")[1]
    split = "dev" if part == "train" and speaker in AN4_DEV else part
    return Entry(path, kind, transcript, f"an4-{speaker}", split)


def _transcripts(folder: Path, name: str) -> Iterator[tuple[str, str]]:
    """Yield the utterances and lower-case words of lines like `<s> ENTER FIVE </s> (an251-fash-b)`."""
    for path in sorted(folder.rglob(name)):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if said := re.fullmatch(r"(?:<s>)?\s*(.*?)\s*(?:</s>)?\s*\((\S+-\S+-\S+)\)", line.strip()):
                yield said[2].lower(), said[1].lower()


def _speakers_listed(folder: Path, name: str) -> set[str]:
    return {
        f"sc-{Path(line).stem.partition('_nohash_')[0]}"
        for path in sorted(folder.rglob(name))
        for line in path.read_text(encoding="utf-8").split()
    }
