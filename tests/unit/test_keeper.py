"""Whoever leaves clips to be written never waits, whatever the disk does."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from clip_fakes import clip, name
from digitd.clips.album import Album, Clip
from digitd.clips.keeper import WAITING, Keeper, clip_keeper
from digitd.clips.settings import ClipSettings
from digitd.errors import DigitdError


class SlowAlbum(Album):
    """A card that hangs until it is let go.

    Attributes:
        reached: A clip is being written.
        going: It goes on.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "kitchen", 100, 10**7)
        self.reached, self.going = Event(), Event()

    def keep(self, clip: Clip) -> None:
        self.reached.set()
        assert self.going.wait(10)
        super().keep(clip)


@contextmanager
def working(album: Album) -> Iterator[Keeper]:
    keeper = Keeper(album)
    thread = Thread(target=keeper.work, daemon=True)
    thread.start()
    yield keeper
    keeper.end()
    thread.join(10)


def soon(ask: Callable[[], object], expected: object) -> None:
    give_up_at = time.monotonic() + 5
    while ask() != expected:
        assert time.monotonic() < give_up_at, ask()
        time.sleep(0.005)


def album(folder: Path, most: int = 100) -> Album:
    return Album(folder, "kitchen", most, 10**7)


def test_where_it_is_off_there_is_nobody_and_no_folder(tmp_path: Path) -> None:
    with clip_keeper(ClipSettings(), tmp_path / "clips", "kitchen") as keeper:
        pass

    assert (keeper, list(tmp_path.iterdir())) == (None, [])


def test_what_waits_at_the_end_is_still_written(tmp_path: Path) -> None:
    with clip_keeper(ClipSettings(enabled=True), tmp_path, "kitchen") as keeper:
        assert keeper is not None
        for number in range(10):
            keeper.keep(clip(number))

    assert len(list(tmp_path.glob("unlabelled/*.wav"))) == 10
    assert (keeper.late, keeper.failed) == (0, 0)


def test_it_says_what_is_there_and_what_it_was_said_to_be(tmp_path: Path) -> None:
    with working(album(tmp_path)) as keeper:
        for number in range(3):
            keeper.keep(clip(number))
        soon(lambda: keeper.status.kept, 3)
        keeper.label(name(1), "7")
        soon(lambda: keeper.status.labelled, 1)
        keeper.forget(name(0))
        soon(lambda: keeper.status.recent, {name(1): "7", name(2): None})
        sound = keeper.sound(name(1))
        keeper.forget()
        soon(lambda: keeper.status.kept, 0)

    assert sound is not None
    assert sound.startswith(b"RIFF")
    assert keeper.status.size == 0


def test_a_card_that_hangs_holds_nobody_up_and_what_is_too_much_is_counted(tmp_path: Path) -> None:
    slow = SlowAlbum(tmp_path)
    with working(slow) as keeper:
        keeper.keep(clip(0))
        assert slow.reached.wait(5)

        began_s = time.monotonic()
        for number in range(1, 100):
            keeper.keep(clip(number))
        took_s = time.monotonic() - began_s
        with pytest.raises(DigitdError, match="too slow just now"):
            keeper.forget()
        late = keeper.late

        slow.going.set()
        soon(lambda: keeper.status.kept, 1 + WAITING)

    assert (took_s < 0.5, late) == (True, 99 - WAITING)


def test_a_folder_that_cannot_be_is_told_once_and_when_it_is_well_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    (tmp_path / "disk").write_bytes(b"no folder")
    with working(album(tmp_path / "disk")) as keeper:
        for number in range(3):
            keeper.keep(clip(number))
        soon(lambda: keeper.failed, 3)
        soon(lambda: keeper.status.trouble, "File exists")
        (tmp_path / "disk").unlink()
        keeper.keep(clip(3))
        soon(lambda: keeper.status.recent, {name(3): None})

    told = [(record.levelname, record.message.partition(" folder=")[0]) for record in caplog.records]
    assert told == [("WARNING", "clips are not kept"), ("INFO", "clips are kept again")]
    assert keeper.status.trouble is None


def test_a_label_that_fails_is_told_and_clips_are_kept_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "labelled").write_bytes(b"no folder")
    with working(album(tmp_path)) as keeper:
        keeper.keep(clip(0))
        soon(lambda: keeper.status.kept, 1)
        keeper.label(name(0), "7")
        keeper.keep(clip(1))
        soon(lambda: keeper.status.kept, 2)

    assert [record.message.partition(" folder=")[0] for record in caplog.records] == [
        "clips are not labelled"
    ]
    assert keeper.status.trouble is None


def test_what_is_not_kept_any_more_cannot_be_labelled(tmp_path: Path) -> None:
    with working(album(tmp_path)) as keeper, pytest.raises(DigitdError, match="not kept any more"):
        keeper.label(name(0), "7")


@pytest.mark.parametrize("damage", [b"{", b'{"at": "\xff"}', b'{"more": ' + b"[" * 50_000], ids=len)
def test_what_lies_damaged_beside_a_clip_does_not_end_the_work(damage: bytes, tmp_path: Path) -> None:
    with working(album(tmp_path)) as keeper:
        keeper.keep(clip(0))
        soon(lambda: keeper.status.kept, 1)
        next(tmp_path.rglob("*.json")).write_bytes(damage)
        keeper.label(name(0), "7")
        keeper.keep(clip(1))

        soon(lambda: keeper.status.kept, 2)
