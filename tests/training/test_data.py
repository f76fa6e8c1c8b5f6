"""What a recording is good for."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("soxr")

from digitd.errors import InputError
from digitd_training.data import (
    ELSE,
    Recording,
    clips,
    digest,
    is_official_fsdd_test,
    load,
    read_manifest,
    spellings,
)

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


def test_a_recording_that_is_broken_or_gone_is_named(tmp_path: Path) -> None:
    broken = recording(tmp_path, "word", "tree")
    broken.path.write_bytes(b"RIFF, but no more of it")
    gone = recording(tmp_path, "speech", "tree")
    gone.path.unlink()

    for one in (broken, gone):
        with pytest.raises(InputError, match=f"{re.escape(str(one.path))}: cannot be read"):
            load(one, RATE_HZ)
    with pytest.raises(InputError, match=r"speech\.wav: cannot be read"):
        digest([gone])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"file,text\nx.wav,hello\n", "no manifest of recordings"),
        (
            b"path,source,kind,label,speaker,split,seconds,rate_hz\nx.wav,words,word,gr\xfcn,anna,train,1,16000\n",
            "can't decode byte",
        ),
        (b"path,source,kind,label,speaker,split,seconds,rate_hz\nx.wav,words\n", "manifest.csv:2: "),
    ],
    ids=["another program's", "another encoding", "cut off"],
)
def test_a_manifest_that_cannot_be_read_is_told(content: bytes, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_bytes(content)

    with pytest.raises(InputError, match=complaint):
        read_manifest(tmp_path)


def test_a_file_of_fsdd_without_the_number_of_its_take_is_no_test_take() -> None:
    path = Path("fsdd/seven.wav")

    assert not is_official_fsdd_test(Recording(path, str(path), "fsdd", "digit", "7", "fsdd-anna", "train"))


def test_a_keyword_is_known_however_it_is_spelled_unless_that_is_another() -> None:
    assert spellings(["7", "Stop"]) == {"7": "7", "Stop": "Stop", "seven": "7", "stop": "Stop"}
    assert spellings(["Stop", "stop"]) == {"Stop": "Stop", "stop": "stop"}
