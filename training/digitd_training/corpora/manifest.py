"""The manifest of a folder of recordings: one row a file, paths relative to the folder."""

import csv
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import msgspec

from digitd.errors import InputError, UnavailableError

NAME = "manifest.csv"


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of a recording.

    Attributes:
        path: Relative to the manifest's folder, with forward slashes.
        source: The corpus.
        kind: `digit`, `digits`, `mixed`, `word`, `speech`, `noise` or `impulse`; see `data`.
        label: Word or transcript.
        speaker: Who speaks, unique over all corpora; empty where nobody does or it is not known.
        split: `train`, `dev`, or `test`, which nothing here learns from or measures on.
        seconds: How long it is.
        rate_hz: The rate that it was recorded at.
    """

    path: str
    source: str
    kind: str
    label: str
    speaker: str
    split: str
    seconds: float
    rate_hz: int


COLUMNS = [column.name for column in fields(Row)]


def is_manifest(path: Path) -> bool:
    """Whether a file has our columns; other programs call theirs manifest.csv too."""
    if not path.is_file():
        return False
    with path.open(newline="", encoding="utf-8", errors="replace") as lines:
        return set(COLUMNS) <= set(next(csv.reader(lines), []))


def read_rows(path: Path) -> list[Row]:
    """Read a manifest; there are no rows where there is no file.

    Raises:
        InputError: It is none of ours, or something in it is not what its column says.
    """
    if not path.exists():
        return []
    if not is_manifest(path):
        raise InputError(f"{path}: no manifest of recordings; its first line has to be {','.join(COLUMNS)}")
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        try:
            return [msgspec.convert(row, Row, strict=False) for row in reader]
        except (msgspec.ValidationError, UnicodeDecodeError) as error:
            raise InputError(f"{path}:{reader.line_num}: {error}") from error


def replace_rows(folder: Path, source: str, rows: Iterable[Row]) -> int:
    """Put a corpus's rows in the place of those that the folder's manifest has of it.

    Returns:
        How many rows the manifest has now, of all corpora.

    Raises:
        InputError: The folder's manifest is none of ours.
        UnavailableError: It cannot be written.
    """
    path = folder / NAME
    kept = [row for row in read_rows(path) if row.source != source]
    total = [*kept, *rows]
    try:
        _write(path, total)
    except OSError as error:
        raise UnavailableError(f"{path}: {error.strerror}") from error
    return len(total)


def _write(path: Path, rows: Iterable[Row]) -> None:
    part = path.with_name(path.name + ".part")  # the old manifest stays until the new one is whole
    with part.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(astuple(row) for row in rows)
    part.replace(path)
