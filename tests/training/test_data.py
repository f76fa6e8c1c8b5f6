"""What a recording is good for."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("soxr")

from digitd_training.data import ELSE, Recording, clips

pytestmark = pytest.mark.training

RATE_HZ = 16_000


def recording(folder: Path, kind: str, label: str) -> Recording:
    path = folder / f"{kind}.wav"
    soundfile.write(path, np.zeros(RATE_HZ), RATE_HZ)
    return Recording(path, path.name, "sentences", kind, label, "anna", "train")


def test_a_word_that_is_no_keyword_is_everything_else(tmp_path: Path) -> None:
    (clip,) = clips([recording(tmp_path, "word", "tree")], RATE_HZ, {"go": "go"})

    assert (clip.label, clip.whole) == (ELSE, True)


def test_running_speech_in_which_a_keyword_is_spoken_is_not_everything_else(tmp_path: Path) -> None:
    sentence = recording(tmp_path, "speech", "go on then")

    assert clips([sentence], RATE_HZ, {"go": "go"}) == []
    assert [clip.label for clip in clips([sentence], RATE_HZ, {"stop": "stop"})] == [ELSE]
