"""Recordings of a local folder as rows of the manifest, with the files where the manifest says they are."""

import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import soundfile
from tqdm import tqdm

from digitd.errors import InputError, UnavailableError
from digitd_training.corpora import manifest
from digitd_training.corpora.layouts import LAYOUTS, Entry, Listing
from digitd_training.corpora.manifest import Row

BLOCK = 1 << 20
"""Frames that are read at a time to see whether a file is whole."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a folder has of a corpus.

    Attributes:
        rows: Its recordings.
        left_out: Files that are not among them, each with the reason.
        notes: What a person should know of the whole.
    """

    rows: list[Row]
    left_out: list[str]
    notes: list[str]


def gather(source: str, local: Path, to: Path) -> Gathered:
    """Find a corpus's recordings in a folder, read each, and copy them to `to`.

    What already lies in `to`, or is linked into it, stays where it is. A folder that has a manifest of ours,
    or lies in one that has, is taken as that says; any other is read in the corpus's own layout.

    Raises:
        InputError: There are none, or `to` lies in `local`.
        UnavailableError: There is no room for them.
    """
    local, to = _absolute(local), _absolute(to)
    if not local.is_dir():
        raise InputError(f"{local}: no folder; --from takes one, an archive has to be unpacked first")
    if local in to.parents:
        raise InputError(f"{to}: lies in {local}, which --from names; choose another folder")
    found, listing = _listed(source, local, to)
    if not found:
        raise InputError("; ".join([_nothing(source, local), *listing.left_out[:3]]))
    rows = _placed(found, source, local, to)
    return Gathered(rows, listing.left_out, [*listing.notes, *_not_apart(rows)])


def _listed(source: str, local: Path, to: Path) -> tuple[list[tuple[Path, Row]], Listing]:
    if of_ours := _in_manifest(source, local, to):
        there = [(path, row) for path, row in of_ours if path.is_file()]
        missing = [f"{path}: not there" for path, _ in of_ours if not path.is_file()]
        return there, Listing([], missing, [f"as {manifest.NAME} there has it"])
    listing = LAYOUTS[source].read(source, local)
    measured = [
        (entry.path, _row(entry, source))
        for entry in tqdm(listing.entries, f"reading {source}", disable=None)
    ]
    broken = [f"{path}: {row}" for path, row in measured if isinstance(row, str)]
    read = [(path, row) for path, row in measured if isinstance(row, Row)]
    return read, replace(listing, left_out=listing.left_out + broken)


def _nothing(source: str, local: Path) -> str:
    looked_for = f"{LAYOUTS[source].shape}, or for a {manifest.NAME} of ours with rows of it"
    return f"{local}: no recordings of {source} in it; looked for {looked_for}"


def _in_manifest(source: str, local: Path, to: Path) -> list[tuple[Path, Row]]:
    """What a manifest in or above the folder says of the corpus's files in it; that of `to` says nothing."""
    for folder in (local, local.parent):
        path = folder / manifest.NAME
        if folder == to or not manifest.is_manifest(path):
            continue
        rows = [(folder / row.path, row) for row in manifest.read_rows(path) if row.source == source]
        if inside := [(path, row) for path, row in rows if path.is_relative_to(local)]:
            return inside
    return []


def _row(entry: Entry, source: str) -> Row | str:
    """Read a file to its end; return why not where that fails."""
    try:
        with soundfile.SoundFile(entry.path) as sound:
            rate_hz = sound.samplerate
            frames = sum(len(block) for block in sound.blocks(BLOCK, dtype="int16"))
    except (soundfile.SoundFileError, OSError) as error:
        return f"cannot be read: {error}"
    if not frames:
        return "empty"
    seconds = round(frames / rate_hz, 3)
    return Row("", source, entry.kind, entry.label, entry.speaker, entry.split, seconds, rate_hz)


def _placed(found: Sequence[tuple[Path, Row]], source: str, local: Path, to: Path) -> list[Row]:
    """Copy what does not lie in `to` to a folder of the corpus's name there, as it lay below `local`."""
    if local == to or to in local.parents:
        return [replace(row, path=path.relative_to(to).as_posix()) for path, row in found]
    rows = []
    for path, row in tqdm(found, f"copying {source}", disable=None):
        below = path.relative_to(local)
        target = to / below if below.parts[0] == source else to / source / below
        _copy(path, target)
        rows.append(replace(row, path=target.relative_to(to).as_posix()))
    return rows


def _copy(path: Path, target: Path) -> None:
    try:
        if not _is_copy(path, target):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    except OSError as error:
        raise UnavailableError(
            f"{target}: {error.strerror or error}; run it again when that is mended"
        ) from error


def _is_copy(path: Path, target: Path) -> bool:
    if not target.exists():
        return False
    mine, other = target.stat(), path.stat()
    return mine.st_size == other.st_size and mine.st_mtime >= other.st_mtime


def _not_apart(rows: Iterable[Row]) -> list[str]:
    """Tell of speakers that are both learned from and measured on."""
    splits = defaultdict(set)
    for row in rows:
        splits[row.speaker].add(row.split)
    return [
        f"speaker {speaker} is in {' and '.join(sorted(found))}; figures on such a speaker say little"
        for speaker, found in splits.items()
        if speaker and len(found) > 1
    ]


def _absolute(path: Path) -> Path:
    """Without "..", but with its links: what is linked into a folder lies there."""
    return Path(os.path.abspath(path))  # noqa: PTH100 - resolve() follows links, absolute() leaves ".."
