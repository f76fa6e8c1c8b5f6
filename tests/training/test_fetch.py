"""From a publisher, or from a folder, to a manifest that training can read."""

import hashlib
import os
import signal
import struct
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from digitd.errors import ConfigError, InputError, UnavailableError
from digitd_training.corpora import FSDD, Archive
from digitd_training.corpora.fetch import fetch, recordings_digest
from digitd_training.corpora.manifest import Row, read_rows, replace_rows
from digitd_training.data import clips, read_manifest
from integration.recordings import recordings
from training.mirror import Mirror, serving

pytestmark = pytest.mark.training

RATE_HZ = 8000


def recording(path: Path, seconds: float = 0.1) -> Path:
    """A sound file in the format that the suffix says; SPHERE's is called NIST by libsndfile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    form = "NIST" if path.suffix == ".sph" else None
    soundfile.write(path, np.zeros(round(seconds * RATE_HZ), np.int16), RATE_HZ, "PCM_16", format=form)
    return path


def digits(folder: Path) -> Path:
    """FSDD, small."""
    for digit in range(3):
        recording(folder / "fsdd-1.0" / "recordings" / f"{digit}_anna_0.wav")
    return folder


def archive(folder: Path, published: Path, *, packed_anew: bool = False) -> Archive:
    """What a publisher would state of a folder, with the folder packed where it publishes."""
    published.mkdir()
    path = published / "digits.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        for member in folder.iterdir():
            packed.add(member, member.name)
    digest = (
        recordings_digest(folder.rglob("*.wav"))
        if packed_anew
        else hashlib.sha256(path.read_bytes()).hexdigest()
    )
    return Archive(path.name, (), digest, packed_anew)


def digitd_train(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("digitd-train"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.fixture
def to(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


@pytest.mark.parametrize("packed_anew", [False, True], ids=["archive checked", "recordings checked"])
def test_a_published_corpus_arrives_with_its_rows(tmp_path: Path, to: Path, *, packed_anew: bool) -> None:
    stated = archive(digits(tmp_path / "fsdd"), tmp_path / "published", packed_anew=packed_anew)

    with serving(Mirror(tmp_path / "published")) as mirror:
        done = fetch("fsdd", to, stated, mirror=mirror.address)

    assert read_rows(to / "manifest.csv") == done.rows
    assert done.rows[1] == Row(
        "fsdd/fsdd-1.0/recordings/1_anna_0.wav", "fsdd", "digit", "1", "fsdd-anna", "train", 0.1, RATE_HZ
    )
    assert done.notes == [f"from {mirror.address}/digits.tar.gz, SHA-256 as it should be"]
    assert all(clip.samples.size for clip in clips(read_manifest(to), 16000, {"one": "1"}))


def test_what_has_arrived_is_not_asked_for_again_and_its_archive_is_gone(tmp_path: Path, to: Path) -> None:
    stated = archive(digits(tmp_path / "fsdd"), tmp_path / "published")

    with serving(Mirror(tmp_path / "published")) as mirror:
        first = fetch("fsdd", to, stated, mirror=mirror.address)
        again = fetch("fsdd", to, stated, mirror=mirror.address)

    assert again.rows == first.rows
    assert len(mirror.asked) == 1
    assert [path.name for path in to.rglob("digits*")] == ["digits.tar.gz.sha256"]


def test_recordings_that_are_not_the_published_ones_do_not_get_in(tmp_path: Path, to: Path) -> None:
    stated = archive(digits(tmp_path / "fsdd"), tmp_path / "published", packed_anew=True)
    other = Archive(stated.name, (), "0" * 64, packed_anew=True)

    with (
        serving(Mirror(tmp_path / "published")) as mirror,
        pytest.raises(UnavailableError, match=f"it should be {'0' * 64}"),
    ):
        fetch("fsdd", to, other, mirror=mirror.address)

    assert not (to / "manifest.csv").exists()


def test_a_mirror_has_an_address(to: Path) -> None:
    with pytest.raises(ConfigError, match="begin with http"):
        fetch("fsdd", to, FSDD, mirror="/srv/corpora")


def test_fetching_again_replaces_a_corpus_and_leaves_the_others(tmp_path: Path, to: Path) -> None:
    to.mkdir()
    other = Row("x.wav", "words", "word", "lamp", "words-anna", "train", 0.5, RATE_HZ)
    replace_rows(to, "words", [other])
    folder = digits(tmp_path / "fsdd")
    fetch("fsdd", to, local=folder)
    (folder / "fsdd-1.0/recordings/0_anna_0.wav").unlink()

    done = fetch("fsdd", to, local=folder)

    assert read_rows(to / "manifest.csv") == [other, *done.rows]
    assert [row.label for row in done.rows] == ["1", "2"]
    assert done.total == 3


def test_a_copy_is_copied(tmp_path: Path, to: Path) -> None:
    done = fetch("fsdd", to, local=digits(tmp_path / "fsdd"))

    assert [row.path for row in done.rows] == [
        f"fsdd/fsdd-1.0/recordings/{digit}_anna_0.wav" for digit in range(3)
    ]
    assert all((to / row.path).is_file() for row in done.rows)


@pytest.mark.parametrize("linked", [False, True], ids=["there", "linked there"])
def test_what_lies_in_the_folder_already_stays_where_it_is(tmp_path: Path, to: Path, *, linked: bool) -> None:
    to.mkdir()
    if linked:
        (to / "mine").symlink_to(digits(tmp_path / "elsewhere"))
    else:
        digits(to / "mine")

    done = fetch("fsdd", to, local=to / "mine")

    assert done.rows[0].path == "mine/fsdd-1.0/recordings/0_anna_0.wav"
    assert not (to / "fsdd").exists()


def test_a_folder_with_a_manifest_of_ours_is_taken_as_that_says(tmp_path: Path, to: Path) -> None:
    local = tmp_path / "copy"
    recording(local / "an4" / "an1-mabc-b.flac")
    row = Row("an4/an1-mabc-b.flac", "an4", "digits", "one", "an4-mabc", "dev", 9.9, RATE_HZ)
    gone = Row("an4/gone.flac", "an4", "speech", "go", "an4-mabc", "train", 1, RATE_HZ)
    other = Row("x.wav", "fsdd", "digit", "1", "fsdd-anna", "train", 1, RATE_HZ)
    replace_rows(local, "", [row, gone, other])

    done = fetch("an4", to, local=local / "an4")

    assert done.rows == [row]
    assert done.left_out == [f"{local}/an4/gone.flac: not there"]


def test_a_speaker_on_both_sides_of_a_manifest_is_told(tmp_path: Path, to: Path) -> None:
    local = tmp_path / "copy"
    rows = [
        Row(
            recording(local / f"{split}.wav").name, "words", "word", "lamp", "words-anna", split, 0.1, RATE_HZ
        )
        for split in ("train", "dev")
    ]
    replace_rows(local, "words", rows)

    done = fetch("words", to, local=local)

    assert "speaker words-anna is in dev and train; figures on such a speaker say little" in done.notes


def test_files_that_cannot_be_read_are_left_out(tmp_path: Path, to: Path) -> None:
    folder = digits(tmp_path / "fsdd")
    (folder / "7_anna_0.wav").write_bytes(b"no sound")
    (folder / "8_anna_0.flac").write_bytes(recording(tmp_path / "x.flac", 5).read_bytes()[:60])
    recording(folder / "9_anna_0.wav", 0)

    done = fetch("fsdd", to, local=folder)

    assert [row.label for row in done.rows] == ["0", "1", "2"]
    assert [reason.removeprefix(f"{folder}/").partition(":")[0] for reason in done.left_out] == [
        "7_anna_0.wav",
        "8_anna_0.flac",
        "9_anna_0.wav",
    ]


def test_sphere_files_are_read(tmp_path: Path, to: Path) -> None:
    recording(tmp_path / "an4/wav/an4_clstk/mabc/cen7-mabc-b.sph", 0.25)
    (tmp_path / "an4/etc").mkdir()
    (tmp_path / "an4/etc/an4_train.transcription").write_text("<s> ONE </s> (cen7-mabc-b)\n")

    done = fetch("an4", to, local=tmp_path / "an4")

    assert done.rows == [
        Row(
            "an4/wav/an4_clstk/mabc/cen7-mabc-b.sph",
            "an4",
            "digits",
            "one",
            "an4-mabc",
            "train",
            0.25,
            RATE_HZ,
        )
    ]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("an4", "looked for etc/an4_train.transcription"),
        ("wake-words", "looked for word/take.wav"),
        ("fsdd", "looked for digit_speaker_take.wav, or for a manifest.csv of ours"),
    ],
)
def test_a_folder_with_nothing_of_the_corpus_is_told(
    tmp_path: Path, to: Path, source: str, complaint: str
) -> None:
    recording(tmp_path / "other" / "x.wav")

    with pytest.raises(InputError, match=complaint):
        fetch(source, to, local=tmp_path / "other")


def test_a_folder_is_not_copied_into_itself(tmp_path: Path) -> None:
    folder = digits(tmp_path / "fsdd")

    with pytest.raises(InputError, match="choose another folder"):
        fetch("fsdd", folder / "recordings", local=folder)


def test_a_manifest_that_is_none_of_ours_is_not_overwritten(tmp_path: Path, to: Path) -> None:
    to.mkdir()
    (to / "manifest.csv").write_text("file,text\nx.wav,hello\n")

    with pytest.raises(InputError, match="no manifest of recordings"):
        fetch("fsdd", to, local=digits(tmp_path / "fsdd"))

    assert (to / "manifest.csv").read_text() == "file,text\nx.wav,hello\n"


def test_a_full_disk_is_told_when_copying(tmp_path: Path, to: Path) -> None:
    recording(tmp_path / "halls" / "hall.wav")
    (to / "rooms").mkdir(parents=True)
    (to / "rooms" / "hall.wav").symlink_to("/dev/full")

    with pytest.raises(UnavailableError, match=r"rooms/hall\.wav: No space left on device"):
        fetch("rooms", to, local=tmp_path / "halls")


def test_the_command_says_what_came_and_what_did_not(tmp_path: Path, to: Path) -> None:
    recording(tmp_path / "mine/lamp/anna_1.wav", 6)
    recording(tmp_path / "mine/lamp/unnamed.wav")

    done = digitd_train("fetch", "words", "--from", tmp_path / "mine", "--to", to)

    assert done.returncode == 0, done.stderr
    assert "words: 1 recordings, 0.1 min, 1 speakers: 1 train; 1 left out" in done.stdout
    assert "none is held out" in done.stdout
    assert "lamp/unnamed.wav: it should be called word/speaker_take.wav" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["soup"], 2, "invalid choice: 'soup'"),
        (["words"], 66, "there is nothing to download; name a folder that has it with --from"),
        (["fsdd", "--from", "nowhere"], 66, "nowhere: no folder"),
        (["an4", "--mirror", "ftp://x"], 78, "begin with http"),
    ],
    ids=["unknown", "unpublished", "no folder", "no mirror"],
)
def test_what_is_missing_is_told(arguments: list[str], code: int, complaint: str, to: Path) -> None:
    done = digitd_train("fetch", *arguments, "--to", to)

    assert done.returncode == code
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_without_a_network_says_so(tmp_path: Path, to: Path) -> None:
    with serving(Mirror(tmp_path)) as mirror:
        closed = mirror.address

    done = digitd_train("fetch", "an4", "--to", to, DIGITD_MIRROR=closed)

    assert done.returncode == 69
    assert "an4_sphere.tar.gz cannot be had" in done.stderr
    assert "Connection refused" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupted_command_keeps_what_it_has(tmp_path: Path, to: Path) -> None:
    (tmp_path / "an4_sphere.tar.gz").write_bytes(bytes(3_000_000))

    with serving(Mirror(tmp_path, most=[2_000_000], hangs=True)) as mirror:
        command = [Path(sys.executable).with_name("digitd-train"), "fetch", "an4", "--to", to, "--mirror"]
        running = subprocess.Popen([*map(str, command), mirror.address], stderr=subprocess.PIPE, text=True)
        mirror.sent.wait(20)
        running.send_signal(signal.SIGINT)
        complaint = running.communicate(timeout=20)[1]

    assert running.returncode == 69
    assert "an4_sphere.tar.gz: stopped" in complaint
    assert "Traceback" not in complaint


def as_wav(path: Path) -> bytes:
    """A FLAC file of one channel as the plainest WAV file with the same samples."""
    samples, rate_hz = soundfile.read(path, dtype="int16")
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate_hz, 2 * rate_hz, 2, 16)
    sound = samples.astype("<i2").tobytes()
    return b"".join(
        [
            b"RIFF",
            struct.pack("<I", 36 + len(sound)),
            b"WAVE",
            form,
            b"data",
            struct.pack("<I", len(sound)),
            sound,
        ]
    )


@pytest.fixture
def fsdd_mirror(tmp_path: Path) -> Iterator[Mirror]:
    """All of FSDD, packed from the FLAC copy as GitHub packs it."""
    found = recordings(source="fsdd")
    folder = tmp_path / "free-spoken-digit-dataset-1.0.10" / "recordings"
    folder.mkdir(parents=True)
    for one in found:
        (folder / one.path.with_suffix(".wav").name).write_bytes(as_wav(one.path))
    published = tmp_path / "published"
    published.mkdir()
    with tarfile.open(published / FSDD.name, "w:gz", compresslevel=1) as packed:
        packed.add(folder.parent, folder.parent.name)
    with serving(Mirror(published, most=[5_000_000])) as mirror:
        yield mirror


@pytest.mark.recordings
def test_the_real_digits_have_the_digest_that_others_state_for_them(fsdd_mirror: Mirror, to: Path) -> None:
    done = digitd_train("fetch", "fsdd", "--to", to, "--mirror", fsdd_mirror.address)

    assert done.returncode == 0, done.stderr
    assert "fsdd: 3000 recordings, 21.9 min, 6 speakers: 3000 train; 0 left out" in done.stdout
    assert len(fsdd_mirror.asked) == 2
