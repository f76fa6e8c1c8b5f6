"""What is read out of names, folders and lists; the files themselves are not opened."""

from pathlib import Path

import pytest

from digitd_training.corpora.layouts import LAYOUTS, Listing
from digitd_training.corpora.splits import LEAST, held_out

pytestmark = pytest.mark.training


def listing(source: str, folder: Path, *names: str) -> Listing:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return LAYOUTS[source].read(source, folder)


def told(found: Listing) -> list[tuple[str, str, str, str, str]]:
    return [
        (entry.path.name, entry.kind, entry.label, entry.speaker, entry.split)
        for entry in sorted(found.entries, key=lambda entry: entry.path.name)
    ]


def test_fsdd_says_digit_and_speaker_in_the_name(tmp_path: Path) -> None:
    found = listing("fsdd", tmp_path, "recordings/7_george_12.wav", "README.md", "noise.wav")

    assert told(found) == [("7_george_12.wav", "digit", "7", "fsdd-george", "train")]


def test_speech_commands_says_the_word_in_the_folder(tmp_path: Path) -> None:
    found = listing(
        "speech-commands",
        tmp_path,
        "seven/aa_nohash_0.wav",
        "bird/aa_nohash_1.flac",
        "_background_noise_/tap.wav",
        "LICENSE.wav",
    )

    assert told(found) == [
        ("aa_nohash_0.wav", "digit", "7", "sc-aa", "train"),
        ("aa_nohash_1.flac", "word", "bird", "sc-aa", "train"),
        ("tap.wav", "noise", "", "", "train"),
    ]


def test_speech_commands_own_lists_split_it_with_all_that_a_speaker_says(tmp_path: Path) -> None:
    (tmp_path / "validation_list.txt").write_text("bird/bb_nohash_0.wav\n")
    (tmp_path / "testing_list.txt").write_text("bird/cc_nohash_0.wav\n")

    found = listing(
        "speech-commands",
        tmp_path,
        *(f"{word}/{speaker}_nohash_0.wav" for word in ("bird", "one") for speaker in ("aa", "bb", "cc")),
    )

    assert {(entry.speaker, entry.split) for entry in found.entries} == {
        ("sc-aa", "train"),
        ("sc-bb", "dev"),
        ("sc-cc", "test"),
    }


@pytest.mark.parametrize(
    ("line", "kind", "label"),
    [
        ("<s> ONE OH SEVEN </s> (cen7-mabc-b)", "digits", "one oh seven"),
        ("<s> ENTER FIFTY SIX </s> (cen7-mabc-b)", "mixed", "enter fifty six"),
        ("ERASE C Q F (cen7-mabc-b)", "speech", "erase c q f"),
    ],
)
def test_an4_says_in_its_transcripts_what_is_digits(tmp_path: Path, line: str, kind: str, label: str) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/an4_train.transcription").write_text(f"{line}\n")

    found = listing("an4", tmp_path, "wav/an4_clstk/mabc/cen7-mabc-b.sph")

    assert told(found) == [("cen7-mabc-b.sph", kind, label, "an4-mabc", "train")]


def test_an4_is_split_into_its_own_two_parts_and_the_speakers_we_hold_out(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/an4_train.transcription").write_text(
        "<s> GO </s> (a1-fash-b)\n<s> GO </s> (a2-mabc-b)\n"
    )
    (tmp_path / "etc/an4_test.transcription").write_text("GO (a3-fcaw-b)\nGO (a4-gone-b)\n")

    found = listing("an4", tmp_path, *(f"wav/{name}.sph" for name in ("a1-fash-b", "a2-mabc-b", "a3-fcaw-b")))

    assert [(entry.speaker, entry.split) for entry in found.entries] == [
        ("an4-fash", "dev"),
        ("an4-mabc", "train"),
        ("an4-fcaw", "test"),
    ]


def test_ones_own_words_are_read_by_folder_and_speaker(tmp_path: Path) -> None:
    found = listing(
        "words",
        tmp_path,
        "lamp/anna_1.wav",
        "Seven/anna-lena_2.ogg",
        "_noise_/anna_1.wav",
        "_other_/the_kitchen_20261126T120000123.wav",
        "lamp/x.wav",
        "y_1.wav",
    )

    assert sorted((entry.kind, entry.label, entry.speaker) for entry in found.entries) == [
        ("digit", "7", "words-anna-lena"),
        ("noise", "", ""),
        ("word", "", "words-the_kitchen"),
        ("word", "lamp", "words-anna"),
    ]
    assert found.left_out == [
        f"{tmp_path}/lamp/x.wav: it should be called word/speaker_take.wav",
        f"{tmp_path}/y_1.wav: it should be called word/speaker_take.wav",
    ]


def test_a_household_is_not_held_out_and_it_is_said_so(tmp_path: Path) -> None:
    found = listing("words", tmp_path, *(f"lamp/{name}_1.wav" for name in ("anna", "ben", "cleo", "dora")))

    assert {entry.split for entry in found.entries} == {"train"}
    assert found.notes == [
        "none is held out to measure on: that takes 5 speakers or recordings, here are 4",
    ]


def test_of_many_speakers_some_are_held_out_with_all_that_they_say(tmp_path: Path) -> None:
    names = [f"{word}/p{number}_1.wav" for word in ("lamp", "stop") for number in range(20)]

    found = listing("words", tmp_path, *names)

    dev = {entry.speaker for entry in found.entries if entry.split == "dev"}
    train = {entry.speaker for entry in found.entries if entry.split == "train"}
    assert dev
    assert not dev & train
    assert found.notes == []


def test_pieces_of_one_noise_stay_together(tmp_path: Path) -> None:
    names = [f"rain/street{number}-{piece}.wav" for number in range(20) for piece in "AB"]

    found = listing("noise", tmp_path, *names)

    splits = {(entry.path.stem.split("-")[0], entry.split) for entry in found.entries}
    assert len(splits) == 20
    assert {split for _, split in splits} == {"train", "dev"}
    assert {(entry.kind, entry.label) for entry in found.entries} == {("noise", "rain")}


def test_esc_is_split_by_its_own_folds(tmp_path: Path) -> None:
    found = listing("esc-10", tmp_path, "rain/1-17367-A.ogg", "rain/3-17367-A.ogg", "rain/README.wav")

    assert told(found) == [
        ("1-17367-A.ogg", "noise", "rain", "", "train"),
        ("3-17367-A.ogg", "noise", "rain", "", "dev"),
    ]


def test_wake_words_are_called_after_their_folder_and_have_no_speaker(tmp_path: Path) -> None:
    found = listing(
        "wake-words", tmp_path, *(f"jarvis/{number:03}.flac" for number in range(20)), "loose.flac"
    )

    assert {(entry.kind, entry.label, entry.speaker) for entry in found.entries} == {("word", "jarvis", "")}
    assert len(found.entries) == 20
    assert {entry.split for entry in found.entries} == {"train", "dev"}


def test_sentences_are_running_speech_with_no_digit_meant(tmp_path: Path) -> None:
    found = listing("sentences", tmp_path, *(f"clean/{number:03}.wav" for number in range(20)), "labels.json")

    assert {(entry.kind, entry.label, entry.speaker) for entry in found.entries} == {("speech", "", "")}
    assert len(found.entries) == 20
    assert {entry.split for entry in found.entries} == {"train", "dev"}


def test_any_sound_may_be_a_room(tmp_path: Path) -> None:
    found = listing("rooms", tmp_path, "hall.wav", "small/kitchen.flac", "notes.txt")

    assert told(found) == [
        ("hall.wav", "impulse", "", "", "train"),
        ("kitchen.flac", "impulse", "", "", "train"),
    ]


@pytest.mark.parametrize("count", [LEAST, 20, 1000])
def test_some_but_not_most_of_enough_speakers_are_held_out(count: int) -> None:
    dev = held_out(f"p{number}" for number in range(count))

    assert 1 <= len(dev) <= count / 2


def test_who_is_held_out_of_many_stays_so_when_more_come() -> None:
    before = held_out(f"p{number}" for number in range(500))
    after = held_out(f"p{number}" for number in range(1000))

    assert before <= after
