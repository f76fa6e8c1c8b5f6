"""The folder of clips keeps within its limits, and loses nothing that somebody has labelled."""

import json
import stat
from pathlib import Path

import pytest
import soundfile

from clip_fakes import BYTES, RATE_HZ, clip, name
from digitd.clips import OTHER
from digitd.clips.album import Album, is_label
from digitd.errors import DigitdError


def album(folder: Path, most: int = 100, most_bytes: int = 10**7) -> Album:
    return Album(folder / "clips", "the_kitchen", most, most_bytes)


def names(album: Album) -> list[int]:
    return [int(kept.name[-3:]) for kept in album.kept()]


def test_a_clip_is_a_wav_file_with_what_is_known_of_it_and_only_its_owner_may_read_either(
    tmp_path: Path,
) -> None:
    album(tmp_path).keep(clip(1))

    sound, facts = (tmp_path / f"clips/unlabelled/20261126T120000001.{kind}" for kind in ("wav", "json"))
    samples, rate_hz = soundfile.read(sound)
    assert (rate_hz, soundfile.info(sound).subtype, samples.tolist()) == (RATE_HZ, "PCM_16", [0.25] * RATE_HZ)
    assert json.loads(facts.read_bytes()) == {
        "at": "2026-11-26T12:00:00.000Z",
        "site": "kitchen",
        "heard": "7",
        "accepted": True,
        "reason": None,
        "needed": 0.75,
        "scores": {"7": 0.9},
        "onset_s": 0.5,
        "offset_s": 0.9,
        "model": "digits-0.2.0",
        "schema": 1,
        "label": None,
    }
    assert {stat.S_IMODE(path.stat().st_mode) for path in (sound, facts)} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "clips", sound.parent)} == {0o700}


def test_a_label_moves_it_to_where_training_looks_for_it_and_another_one_moves_it_again(
    tmp_path: Path,
) -> None:
    clips = album(tmp_path)
    clips.keep(clip(1))
    clips.label(name(1), OTHER)
    first = [kept.label for kept in clips.kept()]

    clips.label(name(1), "5")

    moved = tmp_path / "clips/labelled/5/the_kitchen_20261126T120000001.wav"
    assert (first, [(kept.path, kept.label) for kept in clips.kept()]) == ([OTHER], [(moved, "5")])
    assert json.loads(moved.with_suffix(".json").read_bytes())["label"] == "5"
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2


def test_the_oldest_without_a_label_goes_first(tmp_path: Path) -> None:
    clips = album(tmp_path, most=3)
    for number in range(3):
        clips.keep(clip(number))
    clips.label(name(0), "7")

    for number in range(3, 5):
        clips.keep(clip(number))

    assert names(clips) == [0, 3, 4]


def test_it_never_takes_more_of_the_disk_than_it_may(tmp_path: Path) -> None:
    clips = album(tmp_path, most_bytes=4 * BYTES)

    for number in range(10):
        clips.keep(clip(number))
        taken = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        assert taken <= 4 * BYTES

    assert names(clips) == [7, 8, 9]


def test_where_all_are_labelled_nothing_more_is_kept_and_none_is_lost(tmp_path: Path) -> None:
    clips = album(tmp_path, most=2)
    for number in range(2):
        clips.keep(clip(number))
        clips.label(name(number), "7")

    with pytest.raises(DigitdError, match="full of labelled clips: train with them"):
        clips.keep(clip(2))

    assert names(clips) == [0, 1]


def test_one_or_all_are_forgotten_and_files_of_others_stay(tmp_path: Path) -> None:
    clips = album(tmp_path)
    for number in range(3):
        clips.keep(clip(number))
    clips.label(name(2), "7")
    (tmp_path / "clips/unlabelled/mine.wav").write_bytes(b"mine")
    clips.forget(name(0))
    left = names(clips)

    clips.forget()

    assert (left, names(clips)) == ([1, 2], [])
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["mine.wav"]


def test_what_has_gone_meanwhile_is_no_error(tmp_path: Path) -> None:
    clips = album(tmp_path)

    clips.label(name(0), "7")
    clips.forget(name(0))

    assert (clips.sound(name(0)), clips.kept()) == (None, [])


def test_what_a_power_cut_left_half_done_is_cleared_up(tmp_path: Path) -> None:
    clips = album(tmp_path)
    clips.keep(clip(1))
    unlabelled = tmp_path / "clips" / "unlabelled"
    (unlabelled / "20261126T120000002.wav.new").write_bytes(b"ha")
    (unlabelled / "20261126T120000003.json").write_bytes(b"{}")
    (unlabelled / "notes.json").write_bytes(b"{}")

    clips.clear_up()

    left = {path.name for path in unlabelled.iterdir()}
    assert left == {"20261126T120000001.wav", "20261126T120000001.json", "notes.json"}


@pytest.mark.parametrize(
    ("label", "possible"), [("7", True), (OTHER, True), ("8", False), ("../7", False), ("_noise_", False)]
)
def test_only_a_keyword_that_can_be_a_folder_is_a_label(label: str, *, possible: bool) -> None:
    assert is_label(label, ("7", "../7", "_noise_")) == possible
