"""Who is left out."""

from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")

from digitd.errors import InputError
from digitd_training.corpora.manifest import Row, replace_rows
from digitd_training.evaluation.leave_out import leave_out
from digitd_training.recipe import read_recipe

pytestmark = pytest.mark.training


def test_only_who_says_a_keyword_and_is_learned_from_can_be_left_out(tmp_path: Path) -> None:
    said = [
        ("bird", "sc-a", "train"),
        ("bird", "sc-b", "train"),
        ("7", "sc-c", "train"),
        ("7", "sc-d", "test"),
    ]
    rows = [
        Row(f"{word}/{who}.wav", "speech-commands", "word", word, who, split, 1.0, 16_000)
        for word, who, split in said
    ]
    replace_rows(tmp_path, "speech-commands", rows)

    with pytest.raises(InputError, match="speech-commands: 1 speakers say keywords there; it takes two"):
        next(leave_out(read_recipe("digits"), tmp_path, "speech-commands", "test"))
