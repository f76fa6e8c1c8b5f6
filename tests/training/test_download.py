"""What the way to a publisher does to a file, and what is made of it."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from digitd.errors import UnavailableError
from digitd_training.corpora.download import download
from training.mirror import Mirror, serving

pytestmark = pytest.mark.training

CONTENT = np.random.default_rng(1).bytes(1_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def published(tmp_path: Path) -> Path:
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "corpus.tar.gz").write_bytes(CONTENT)
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "corpus.tar.gz"


def part(target: Path) -> Path:
    return target.with_name("corpus.tar.gz.part")


def test_a_file_arrives_whole(published: Path, target: Path) -> None:
    with serving(Mirror(published)) as mirror:
        download([f"{mirror.address}/corpus.tar.gz"], target, SHA256)

    assert target.read_bytes() == CONTENT
    assert not part(target).exists()


def test_what_is_here_already_is_not_asked_for(published: Path, target: Path) -> None:
    target.write_bytes(CONTENT)

    with serving(Mirror(published)) as mirror:
        download([f"{mirror.address}/corpus.tar.gz"], target, SHA256)

    assert mirror.asked == []


def test_a_dead_line_is_taken_up_where_it_stopped(published: Path, target: Path) -> None:
    with serving(Mirror(published, most=[300_000, 400_000])) as mirror:
        download([f"{mirror.address}/corpus.tar.gz"], target, SHA256)

    assert target.read_bytes() == CONTENT
    assert [asked for _, asked in mirror.asked] == [None, "bytes=300000-", "bytes=700000-"]


def test_a_line_that_stays_dead_is_told_and_the_next_call_goes_on(published: Path, target: Path) -> None:
    with (
        serving(Mirror(published, most=[300_000, 0])) as mirror,
        pytest.raises(
            UnavailableError, match=r"ended after 300000 of 1000000 bytes; 0\.3 MB are here, run it"
        ),
    ):
        download([f"{mirror.address}/corpus.tar.gz"], target, SHA256)

    with serving(Mirror(published)) as later:
        download([f"{later.address}/corpus.tar.gz"], target, SHA256)

    assert target.read_bytes() == CONTENT
    assert [asked for _, asked in later.asked] == ["bytes=300000-"]


def test_where_the_rest_alone_cannot_be_had_the_file_begins_anew(published: Path, target: Path) -> None:
    part(target).write_bytes(CONTENT[:300_000])

    with serving(Mirror(published, ranges=False)) as mirror:
        download([f"{mirror.address}/corpus.tar.gz"], target, SHA256)

    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("extra", [b"", b"more"], ids=["whole already", "too long"])
def test_a_part_that_nothing_is_missing_from_is_settled(published: Path, target: Path, extra: bytes) -> None:
    part(target).write_bytes(CONTENT + extra)

    with serving(Mirror(published)) as mirror:
        download([f"{mirror.address}/corpus.tar.gz"], target, SHA256)

    assert target.read_bytes() == CONTENT


def test_a_wrong_digest_is_told_and_nothing_of_it_is_kept(published: Path, target: Path) -> None:
    with (
        serving(Mirror(published)) as mirror,
        pytest.raises(UnavailableError, match=f"SHA-256 is {SHA256}, it should be {'0' * 64}; deleted"),
    ):
        download([f"{mirror.address}/corpus.tar.gz"], target, "0" * 64)

    assert not target.exists()
    assert not part(target).exists()


def test_the_next_address_is_asked_where_one_has_it_not_or_has_something_else(
    published: Path, target: Path
) -> None:
    (published / "sorry.html").write_text("moved")

    with serving(Mirror(published)) as mirror:
        addresses = [f"{mirror.address}/{name}" for name in ("gone", "sorry.html", "corpus.tar.gz")]
        gave = download(addresses, target, SHA256)

    assert gave == addresses[2]
    assert target.read_bytes() == CONTENT


def test_no_network_is_told_with_the_cure(target: Path, published: Path) -> None:
    with serving(Mirror(published)) as mirror:
        closed = mirror.address

    with pytest.raises(UnavailableError, match=r"Connection refused.*run it again.*--from"):
        download([f"{closed}/corpus.tar.gz"], target, SHA256)


def test_a_file_that_is_not_there_is_told(target: Path, published: Path) -> None:
    with serving(Mirror(published)) as mirror, pytest.raises(UnavailableError, match="/gone: 404 Not Found"):
        download([f"{mirror.address}/gone"], target, SHA256)


def test_a_full_disk_is_told(published: Path, target: Path) -> None:
    part(target).symlink_to("/dev/full")

    with (
        serving(Mirror(published)) as mirror,
        pytest.raises(UnavailableError, match=r"corpus\.tar\.gz\.part: No space left on device"),
    ):
        download([f"{mirror.address}/corpus.tar.gz"], target, SHA256)
