"""Archives from elsewhere, and what they may do to a folder."""

import io
import tarfile
from pathlib import Path

import pytest

from digitd.errors import InputError
from digitd_training.corpora.unpack import unpack

pytestmark = pytest.mark.training


def archive(folder: Path, *members: tarfile.TarInfo) -> Path:
    path = folder / "corpus.tar.gz"
    with tarfile.open(path, "w:gz") as packed:
        for member in members:
            packed.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def file(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = 3
    return member


def link(name: str, to: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, to
    return member


def test_files_are_unpacked_with_their_folders(tmp_path: Path) -> None:
    written = unpack(archive(tmp_path, file("corpus/yes/a_1.wav")), tmp_path / "here")

    assert written == [tmp_path / "here/corpus/yes/a_1.wav"]
    assert written[0].read_bytes() == b"xxx"


@pytest.mark.parametrize("name", ["../outside", "corpus/../../outside", "/tmp/outside"])  # noqa: S108 - refused
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="leads out of"):
        unpack(archive(tmp_path, file(name)), tmp_path / "here")

    assert not (tmp_path / "outside").exists()


def test_links_stay_behind(tmp_path: Path) -> None:
    written = unpack(archive(tmp_path, link("door", ".."), file("door/outside")), tmp_path / "here")

    assert written == [tmp_path / "here/door/outside"]
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("share", [0.0, 0.5], ids=["nothing of it", "half of it"])
def test_a_damaged_archive_is_told(tmp_path: Path, share: float) -> None:
    path = archive(tmp_path, *(file(f"corpus/{number}") for number in range(100)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(InputError, match="damaged"):
        unpack(path, tmp_path / "here")
