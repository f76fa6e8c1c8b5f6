"""Digits without a pause between them: which strings are played, and what became of them."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("scipy", reason="needs the train extra: pip install 'digitd[train]'")

from digitd_training.data import Recording
from digitd_training.evaluation.strings import counted, distance, string_clips, string_table

pytestmark = pytest.mark.training

RATE_HZ = 16_000


def recording(folder: Path, label: str, kind: str = "digits", split: str = "dev") -> Recording:
    path = folder / f"{label.replace(' ', '-')}-{kind}-{split}.wav"
    soundfile.write(path, np.zeros(1600, np.float32), RATE_HZ)
    return Recording(path, path.name, "an4", kind, label, "an4-fash", split)


@pytest.mark.parametrize(
    ("heard", "errors"), [("412", 0), ("42", 1), ("4112", 1), ("472", 1), ("124", 2), ("", 3)]
)
def test_the_distance_is_the_fewest_changes(heard: str, errors: int) -> None:
    assert distance("412", heard) == errors


def test_a_string_is_labelled_with_its_digits(tmp_path: Path) -> None:
    (clip,) = string_clips([recording(tmp_path, "four one two")], RATE_HZ)

    assert clip.label == "412"


@pytest.mark.parametrize(
    ("label", "kind", "split"),
    [("four oh two", "digits", "dev"), ("enter four", "mixed", "dev"), ("four two", "digits", "train")],
    ids=["oh for zero", "other words", "another split"],
)
def test_other_recordings_are_left_out(tmp_path: Path, label: str, kind: str, split: str) -> None:
    assert string_clips([recording(tmp_path, label, kind, split)], RATE_HZ) == []


def test_errors_are_counted_over_all_strings() -> None:
    found = counted("somebody", ["412", "77"], ["412", "7"])

    assert (found.digits, found.errors, found.played, found.right) == (5, 1, 2, 1)


def test_a_table_has_numbers_where_there_were_any() -> None:
    ours = counted("ours", ["412"], ["412"], Counter(right=1))
    theirs = counted("theirs", ["412"], ["42"])

    *_, first, second = string_table([ours, theirs]).splitlines()

    assert "| 100.0% of 3 | 1 of 1 (100.0%)" in first
    assert first.endswith("| 1 | 0 | 0 | 0 |")
    assert second.endswith("|  |  |  |  |")
