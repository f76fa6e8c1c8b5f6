"""Recording one's own words: who is asked for what, what is kept, and what is refused."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from digitd.demo.play import SPEECH, TRUTH
from digitd.detect.segmenter import SegmenterSettings
from digitd.errors import DigitdError
from digitd.messages import AudioBlock, Float32
from digitd.pipeline import detected, utterances
from digitd_training.arguments import parser
from digitd_training.cli import main
from digitd_training.own_words.booth import Booth, Message, Prompt, Refusal, Take
from digitd_training.own_words.record import meter
from digitd_training.own_words.rounds import Rounds
from digitd_training.own_words.shelf import Shelf
from fakes import MARK_S, RATE_HZ, audio, blocks

MARK = round(MARK_S * RATE_HZ)
QUIET = "." * 12
EARS = SegmenterSettings(connected=False)


def rounds(*words: str, wanted: int = 2, have: int = 0) -> Rounds:
    return Rounds(dict.fromkeys(words, have), wanted, np.random.default_rng(1))


def heard_in(sound: Float32, asked: Rounds, start: int = 0) -> list[Message]:
    booth = Booth(asked, RATE_HZ)
    cut = blocks(sound, [32] * (len(sound) // 32), start)
    return [message for one in detected(cut, EARS, RATE_HZ) for message in booth.feed(one)]


def reasons(sound: Float32) -> list[str]:
    return [message.reason for message in heard_in(sound, rounds("go")) if isinstance(message, Refusal)]


def takes(sound: Float32) -> list[Take]:
    return [message for message in heard_in(sound, rounds("go")) if isinstance(message, Take)]


def test_a_word_is_asked_for_kept_and_the_next_one_asked_for() -> None:
    asked = rounds("go")

    before, take, after = heard_in(audio(QUIET + "#####" + QUIET), asked)

    assert (before, after) == (Prompt("go", 1, 2), Prompt("go", 2, 2))
    assert isinstance(take, Take)
    assert take.word == "go"
    assert take.seconds == pytest.approx(0.25, abs=0.02)
    assert asked.have == {"go": 1}


def test_a_take_is_the_raw_sound_from_half_a_second_before_the_word_to_some_after_it() -> None:
    sound = audio(QUIET + "#####" + QUIET)

    (take,) = takes(sound)

    assert len(take.samples) == pytest.approx(23 * MARK, abs=10)
    assert np.array_equal(take.samples, sound[2 * MARK : 2 * MARK + len(take.samples)])


def test_nothing_is_asked_for_before_half_a_second_of_quiet() -> None:
    assert heard_in(audio("." * 9), rounds("go")) == []
    assert heard_in(audio("." * 11), rounds("go")) == [Prompt("go", 1, 2)]


def test_talk_is_waited_out_before_a_word_is_asked_for() -> None:
    talk = "..####....###.....####"

    assert heard_in(audio(talk + "." * 9), rounds("go")) == []
    assert heard_in(audio(talk + QUIET), rounds("go")) == [Prompt("go", 1, 2)]


@pytest.mark.parametrize(
    ("sketch", "reason"),
    [
        ("#" * 40, "too long"),
        ("###......###", "more than one sound"),
        ("#####...." + "#." * 40, "more than one sound"),
        ("#####...." + "#......" * 12, "did not get quiet"),
    ],
    ids=["a tune", "said twice", "a rattle", "clicks"],
)
def test_what_is_no_single_word_is_refused(sketch: str, reason: str) -> None:
    sound = audio(QUIET + sketch + QUIET)

    assert [reason in complaint for complaint in reasons(sound)] == [True]
    assert takes(sound) == []


def test_a_word_that_hardly_stands_out_from_the_room_is_refused() -> None:
    sound = audio(QUIET + "#####" + QUIET)
    sound[12 * MARK : 17 * MARK] *= 0.00195 / 0.1

    (reason,) = reasons(sound)

    assert reason.startswith("too faint, 11 dB above the room")


def test_a_word_too_loud_for_the_microphone_is_refused_a_single_peak_is_not() -> None:
    sound = audio(QUIET + "#####" + QUIET)
    peak, clipped = sound.copy(), sound.copy()
    peak[14 * MARK] = 1.0
    clipped[12 * MARK : 17 * MARK] *= 10

    assert len(takes(peak)) == 1
    assert [reason[:8] for reason in reasons(clipped)] == ["too loud"]


def test_a_steady_offset_of_the_microphone_does_not_make_a_word_faint() -> None:
    assert len(takes(audio(QUIET + "#####" + QUIET) + np.float32(0.02))) == 1


def test_a_word_that_samples_were_lost_in_is_refused_and_asked_for_again() -> None:
    sound = audio(QUIET + "#####" + QUIET)
    before, after = sound[: 14 * MARK], sound[14 * MARK :]
    cut = [*blocks(before, [32] * 35), *blocks(after, [32] * 37, start=len(before) + 5)]
    booth = Booth(rounds("go"), RATE_HZ)

    told = [message for one in detected(cut, EARS, RATE_HZ) for message in booth.feed(one)]

    assert [type(message) for message in told] == [Prompt, Refusal, Prompt]


def test_the_same_word_is_asked_for_again_after_a_refusal() -> None:
    told = heard_in(audio(QUIET + "###....###" + QUIET + "#####" + QUIET), rounds("go", "stop"))

    assert [type(message) for message in told] == [Prompt, Refusal, Prompt, Take, Prompt]
    assert len({message.word for message in told[:4]}) == 1


def test_nothing_more_is_asked_for_when_every_take_is_there() -> None:
    told = heard_in(audio((QUIET + "#####") * 3 + QUIET), rounds("go"))

    assert [type(message) for message in told] == [Prompt, Take, Prompt, Take]


def test_a_take_that_is_thrown_away_is_asked_for_at_once() -> None:
    asked = rounds("go", "stop", "lamp")
    booth = Booth(asked, RATE_HZ)
    sound = audio(QUIET + "#####" + QUIET)
    first, take, _ = [
        message for one in detected(blocks(sound, [32] * 72), EARS, RATE_HZ) for message in booth.feed(one)
    ]
    promised = asked.word

    booth.undo(take.word)

    assert asked.have == dict.fromkeys(("go", "stop", "lamp"), 0)
    assert asked.word == first.word
    asked.keep(first.word)
    assert asked.word == promised


@given(words=st.integers(2, 6), wanted=st.integers(1, 6), seed=st.integers(0, 99))
def test_every_round_has_every_word_once_and_no_word_comes_twice_in_a_row(
    words: int, wanted: int, seed: int
) -> None:
    names = [str(number) for number in range(words)]
    asked = Rounds(dict.fromkeys(names, 0), wanted, np.random.default_rng(seed))

    order = []
    while asked.word:
        order.append(asked.word)
        asked.keep(asked.word)

    assert len(order) == words * wanted
    assert all(sorted(order[at : at + words]) == names for at in range(0, len(order), words))
    assert all(one != other for one, other in pairwise(order))


def test_words_whose_takes_are_there_are_not_asked_for() -> None:
    asked = Rounds({"go": 2, "stop": 1}, 2, np.random.default_rng(1))

    assert asked.word == "stop"
    asked.keep("stop")
    assert asked.word is None


def test_takes_are_numbered_on_and_those_of_others_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "go").mkdir()
    for name in ("anna_2.wav", "anna_7.wav", "anna_7.wav.bak", "joanna_9.wav", "anna_x.wav"):
        (tmp_path / "go" / name).touch()
    shelf = Shelf(tmp_path, "anna")

    kept = shelf.keep("go", np.zeros(8, np.float32))

    assert kept == tmp_path / "go" / "anna_8.wav"
    assert shelf.takes("go") == [2, 7, 8]


def test_a_take_is_written_as_the_microphone_gave_it_to_the_last_bit(tmp_path: Path) -> None:
    steps = np.array([-32768, -32767, -1, 0, 1, 12345, 32767], np.int16)

    path = Shelf(tmp_path, "anna").keep("go", steps.astype(np.float32) / np.float32(2**15))

    written, rate_hz = soundfile.read(path, dtype="int16")
    assert (written.tolist(), rate_hz) == (steps.tolist(), 16_000)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()

    with pytest.raises(DigitdError, match=r"mine/go: Not a directory; can -o be written to\?"):
        Shelf(tmp_path / "mine", "anna").keep("go", np.zeros(8, np.float32))


def test_the_meter_shows_the_level_against_the_level_of_a_beginning() -> None:
    assert meter(-60, -40) == "[##########          |                    ]  -60 dBFS"
    assert meter(-120, 0) == f"[{' ' * 40}|] -120 dBFS"


@pytest.fixture
def spoken(tmp_path: Path) -> list[str]:
    """Options that have the demo's bundled speech recorded, one word after the other."""
    config = tmp_path / "config.yaml"
    source = {"source": "files", "files": [str(SPEECH)], "realtime": False}
    config.write_text(json.dumps({"audio": source}))
    return ["--speaker", "anna", "-c", str(config), "-o", str(tmp_path / "mine")]


def test_each_take_holds_the_one_word_that_the_detector_finds_in_it(
    spoken: list[str], tmp_path: Path
) -> None:
    assert main(["record", "go", "stop", "--takes", "5", *spoken]) == 0

    truth = [word["offset_s"] - word["onset_s"] for word in json.loads(TRUTH.read_text())]
    found = [lengths_s(path) for path in sorted((tmp_path / "mine").glob("*/anna_*.wav"))]
    assert [len(lengths) for lengths in found] == [1] * 10
    assert sorted(length for (length,) in found) == pytest.approx(sorted(truth[:10]), abs=0.15)


def lengths_s(path: Path) -> list[float]:
    samples, rate_hz = soundfile.read(path, dtype="float32")
    cut = utterances([AudioBlock(0, samples)], SegmenterSettings(), rate_hz)
    return [(utterance.offset - utterance.onset) / rate_hz for _, utterance in cut]


def test_what_is_missing_is_told_and_the_same_command_goes_on(
    spoken: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["record", "go", "--takes", "40", *spoken]
    assert main(command) == 1
    first = {path: path.read_bytes() for path in (tmp_path / "mine" / "go").iterdir()}
    assert f"{40 - len(first)} still missing" in capsys.readouterr().out

    assert main(command) == 0

    assert len(list((tmp_path / "mine" / "go").iterdir())) == 40
    assert all(path.read_bytes() == content for path, content in first.items())
    told = capsys.readouterr().out
    assert f"say 'go' ({len(first) + 1} of 40)" in told
    for command in re.findall(r"digitd-train (\w.*?)(?:,.*)?$", told, re.MULTILINE):
        assert parser().parse_args(shlex.split(command)).command in {"fetch", "train"}
    assert f"train --words {tmp_path}/mine --data recordings" in told


def test_the_room_is_kept_before_the_first_word(spoken: list[str], tmp_path: Path) -> None:
    assert main(["record", "go", "--takes", "1", "--room", "3", *spoken]) == 0

    room = soundfile.info(tmp_path / "mine" / "_noise_" / "anna_1.wav")
    assert (room.duration, room.samplerate, room.subtype) == (3.0, 16_000, "PCM_16")


def test_a_microphone_that_gives_only_zeros_records_no_room(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    silence, config = tmp_path / "silence.wav", tmp_path / "config.yaml"
    soundfile.write(silence, np.zeros(32_000), 16_000)
    config.write_text(json.dumps({"audio": {"source": "files", "files": [str(silence)], "realtime": False}}))
    out = tmp_path / "mine"

    code = main(["record", "go", "--speaker", "anna", "--room", "1", "-c", str(config), "-o", str(out)])

    assert code == 69
    assert "the microphone gives only zeros; is it muted?" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["a/b", "--speaker", "anna"], "'a/b' cannot be the name of a folder"),
        (["..", "--speaker", "anna"], "'..' cannot be the name of a folder"),
        (["_noise_", "--speaker", "anna"], "'_noise_' cannot be the name of a folder"),
        (["go", "--speaker", "anna_b"], "'anna_b': at most 64 letters, digits and hyphens"),
        (["go", "--speaker", "a/b"], "'a/b': at most 64 letters, digits and hyphens"),
        (["go", "--speaker", "anna", "--takes", "0"], "'0' is not a whole number from 1"),
    ],
)
def test_a_name_that_no_file_can_have_is_wrong_usage(
    options: list[str], complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(["record", *options, "-o", str(tmp_path / "mine")])

    assert end.value.code == 2
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "mine").exists()


def test_words_of_other_languages_can_be_recorded(spoken: list[str], tmp_path: Path) -> None:
    assert main(["record", "grün", "l'été", "turn on", "--takes", "1", *spoken]) == 0

    folders = sorted(folder.name for folder in (tmp_path / "mine").iterdir())
    assert folders == ["grün", "l'été", "turn on"]
