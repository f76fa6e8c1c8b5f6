"""Recordings of real people, where a machine has them."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("DIGITD_RECORDINGS") or Path(__file__).parents[2].parent / "shared" / "data")


@dataclass(frozen=True)
class Recording:
    path: Path
    source: str
    kind: str
    label: str
    speaker: str
    split: str


def recordings(**wanted: str) -> list[Recording]:
    """Return the rows of the manifest that have the wanted values; skip the test where there is none."""
    manifest = FOLDER / "manifest.csv"
    if not manifest.is_file():
        pytest.skip(f"no recordings of real people: {manifest} is not there (see CONTRIBUTING.md)")
    with manifest.open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if wanted.items() <= row.items()]
    return [
        Recording(
            FOLDER / row["path"], row["source"], row["kind"], row["label"], row["speaker"], row["split"]
        )
        for row in rows
    ]
