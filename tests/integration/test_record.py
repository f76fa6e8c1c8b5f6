"""`digitd-train record` before a terminal: it asks, and the virtual microphone answers."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal as dsp

from digitd.demo.play import SPEECH, TRUTH
from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import AudioBlock, Float32
from digitd.pipeline import utterances
from digitd_training.own_words.booth import LEAD_S, TAIL_S
from fakes import room_noise
from integration.recordings import recordings
from integration.virtual_microphone import VirtualMicrophone, virtual_microphone

pytestmark = pytest.mark.microphone

RATE_HZ = 16_000
ROOM_DBFS = -62.0
RECORD = [
    sys.executable,
    "-c",
    "import sys; from digitd_training.cli import main; sys.exit(main())",
    "record",
]
ASKED = re.compile(r"say '(\w+)' \((\d+) of \d+\)\r\n")
KEPT = re.compile(r"  kept (\S+, [\d.]+) s\r\n")
NOT_KEPT = re.compile(r"  not kept: (.+)\r\n")
THROWN_AWAY = re.compile(r"  threw (\S+) away\r\n")
METER = re.compile(r"\r\x1b\[K\[[# ]*\|[# ]*\] +-\d+ dBFS  say '")


@dataclass
class Recorder:
    """A running `digitd-train record`.

    Attributes:
        process: The process.
        terminal: Our side of its terminal.
        shown: All that it has shown.
        seen: How much of that has been looked at.
    """

    process: subprocess.Popen[bytes]
    terminal: int
    shown: str = ""
    seen: int = 0

    def wait_for(self, pattern: re.Pattern[str]) -> str:
        """Wait until it shows this, after all that was waited for before; return what is in parentheses."""
        give_up_at = time.monotonic() + 20
        while not (found := pattern.search(self.shown, self.seen)):
            assert time.monotonic() < give_up_at, self.shown
            assert self._read(), self.shown
        self.seen = found.end()
        return found[1] if found.re.groups else found[0]

    def end(self) -> int:
        """Read on to the end, and return the exit code."""
        while self._read():
            pass
        return self.process.wait(timeout=10)

    def _read(self) -> bool:
        ready, _, _ = select.select([self.terminal], [], [], 20)
        try:
            self.shown += os.read(self.terminal, 1 << 16).decode() if ready else ""
        except OSError:  # the process has closed its side
            return False
        return bool(ready)


@contextmanager
def recorder(vmic: VirtualMicrophone, folder: Path, *words: str, takes: int) -> Iterator[Recorder]:
    """Run the command as anna, who speaks into the microphone, until the block ends."""
    config = folder / "config.yaml"
    config.write_text(json.dumps({"audio": {"lost_after_s": 1.0}}))
    options = ["--speaker", "anna", "--takes", str(takes), "--device", vmic.name, "-c", str(config)]
    command = [*RECORD, *words, *options, "-o", str(folder / "mine")]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, env=vmic.environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        try:
            yield Recorder(process, ours)
        finally:
            process.kill()
            os.close(ours)


@contextmanager
def quiet_room(vmic: VirtualMicrophone, folder: Path) -> Iterator[None]:
    """Noise as of a quiet room, beneath all that is played until the block ends."""
    path = folder / "room.wav"
    soundfile.write(path, room_noise(120, ROOM_DBFS, RATE_HZ), RATE_HZ, "PCM_16")
    with vmic.play_async(path) as player:
        try:
            yield
        finally:
            player.kill()


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the first words of the demo's speech, each with the quiet around it, as WAV files."""
    samples, rate_hz = soundfile.read(SPEECH, dtype="int16")
    folder = tmp_path_factory.mktemp("spoken")
    paths = []
    for number, word in enumerate(json.loads(TRUTH.read_text())[:4]):
        start, end = (round(at * rate_hz) for at in (word["onset_s"] - 0.1, word["offset_s"] + 0.1))
        paths.append(folder / f"{number}.wav")
        soundfile.write(paths[-1], samples[start:end], rate_hz, "PCM_16")
    return paths


def kept_by(running: Recorder) -> tuple[Path, float]:
    """Wait for a take; return the file, and how long the word is said to be, seconds."""
    path, _, seconds = running.wait_for(KEPT).rpartition(", ")
    return Path(path), float(seconds)


def samples_of(path: Path) -> Float32:
    samples: Float32 = soundfile.read(path, dtype="float32")[0]
    return samples


def test_what_is_said_is_kept_bit_for_bit_under_the_word_that_was_asked_for(
    vmic: VirtualMicrophone, spoken: list[Path], tmp_path: Path
) -> None:
    kept = {}

    with recorder(vmic, tmp_path, "go", "stop", takes=2) as running:
        for path in spoken:
            word = running.wait_for(ASKED)
            running.wait_for(METER)
            vmic.play(path)
            kept[kept_by(running)[0]] = word, path
        code = running.end()

    assert code == 0, running.shown
    mine = tmp_path / "mine"
    assert sorted(kept) == sorted(
        mine / f"{word}/anna_{take}.wav" for word in ("go", "stop") for take in (1, 2)
    )
    for take, (word, path) in kept.items():
        assert take.parent.name == word
        assert soundfile.info(take).samplerate == RATE_HZ
        assert samples_of(take).tobytes().find(sounding(samples_of(path)).tobytes()) >= 0
    assert f"digitd-train train --words {mine} --data recordings" in running.shown


def sounding(samples: Float32) -> Float32:
    """Leave out what is so weak at either end that it may lie outside of a take."""
    (loud,) = np.nonzero(np.abs(samples) > 0.01)
    return samples[loud[0] : loud[-1]]


def test_a_take_can_be_thrown_away_and_a_session_broken_off_and_gone_on_with(
    vmic: VirtualMicrophone, spoken: list[Path], tmp_path: Path
) -> None:
    with recorder(vmic, tmp_path, "go", takes=2) as running:
        running.wait_for(ASKED)
        vmic.play(spoken[0])
        first = kept_by(running)[0]
        running.wait_for(ASKED)
        os.write(running.terminal, b"u\n")
        thrown_away = Path(running.wait_for(THROWN_AWAY)), first.exists()
        running.wait_for(ASKED)
        vmic.play(spoken[1])
        running.wait_for(KEPT)
        running.process.send_signal(signal.SIGINT)
        broken_off = running.end()
    before = first.read_bytes()
    with recorder(vmic, tmp_path, "go", takes=2) as running:
        running.wait_for(re.compile(r"say 'go' \(2 of 2\)"))
        vmic.play(spoken[2])
        second = kept_by(running)[0]
        gone_on_with = running.end()

    assert thrown_away == (first, False)
    assert (broken_off, gone_on_with) == (1, 0), running.shown
    assert (first.name, second.name) == ("anna_1.wav", "anna_2.wav")
    assert first.read_bytes() == before


def test_two_words_where_one_was_asked_for_are_refused(
    vmic: VirtualMicrophone, spoken: list[Path], tmp_path: Path
) -> None:
    both = tmp_path / "both.wav"
    soundfile.write(both, np.concatenate([samples_of(path) for path in spoken[:2]]), RATE_HZ, "PCM_16")

    with recorder(vmic, tmp_path, "go", takes=1) as running:
        running.wait_for(ASKED)
        vmic.play(both)
        reason = running.wait_for(NOT_KEPT)
        running.wait_for(ASKED)

    assert reason == "more than one sound; say it once, then wait"
    assert not (tmp_path / "mine").exists()


def test_a_lost_microphone_is_told_and_what_was_kept_stays(
    spoken: list[Path], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with (
        virtual_microphone(tmp_path_factory.mktemp("vmic"), RATE_HZ) as vmic,
        recorder(vmic, tmp_path, "go", takes=2) as running,
    ):
        running.wait_for(ASKED)
        vmic.play(spoken[0])
        running.wait_for(KEPT)
        vmic.server.send_signal(signal.SIGSTOP)
        code = running.end()

    assert code == 69
    assert "microphone 'vmic' gave nothing for 1 s" in running.shown
    assert len(words_in(samples_of(tmp_path / "mine" / "go" / "anna_1.wav"))) == 1


@pytest.mark.recordings
def test_what_real_people_say_is_kept_whole_and_alone(vmic: VirtualMicrophone, tmp_path: Path) -> None:
    clips = {word: clear_clips(word, tmp_path)[:4] for word in ("go", "stop")}
    played, kept = {word: iter(clips[word]) for word in clips}, []

    with quiet_room(vmic, tmp_path), recorder(vmic, tmp_path, *clips, takes=4) as running:
        for _ in range(8):
            clip = next(played[running.wait_for(ASKED)])
            vmic.play(clip)
            kept.append((clip, *kept_by(running)))
        code = running.end()

    assert code == 0, running.shown
    for clip, take, seconds in kept:
        assert take.parent.name == clip.parent.name
        assert likeness(samples_of(take), *words_in(in_room(samples_of(clip)))) > 0.95
        lengths_s = [len(word) / RATE_HZ for word in words_in(after_the_room(samples_of(take)))]
        assert lengths_s == pytest.approx([seconds], abs=0.1)  # the detector remembers the takes before
        assert len(samples_of(take)) / RATE_HZ == pytest.approx(LEAD_S + seconds + TAIL_S, abs=0.02)


def clear_clips(word: str, folder: Path) -> list[Path]:
    """Write clips of different people in which, in any quiet room, one utterance is found."""
    (folder / word).mkdir()
    speakers = {one.speaker: one.path for one in recordings(source="speech-commands", label=word)}
    for speaker, path in sorted(speakers.items()):
        samples = samples_of(path)
        ends = np.abs(samples[[*range(1600), *range(-1600, 0)]]).reshape(2, -1).mean(axis=1)
        found = [words_in(in_room(samples, seed)) for seed in range(5)]
        if max(ends) < 10 ** (ROOM_DBFS / 20) and [len(words) for words in found] == [1] * 5:
            soundfile.write(folder / word / f"{speaker}.wav", samples, RATE_HZ, "PCM_16")
    return sorted((folder / word).iterdir())


def in_room(samples: Float32, seed: int = 1) -> Float32:
    return samples + room_noise(len(samples) / RATE_HZ, ROOM_DBFS, RATE_HZ, seed)


def after_the_room(samples: Float32) -> Float32:
    """Let the detector hear the room first, as it had when the take was spoken."""
    return np.concatenate([room_noise(3, ROOM_DBFS, RATE_HZ), samples])


def words_in(samples: Float32) -> list[Float32]:
    """What the daemon's detector cuts out, from onset to offset."""
    cut = utterances([AudioBlock(0, samples)], SegmenterSettings(), RATE_HZ)
    return [samples[utterance.onset : utterance.offset] for _, utterance in cut]


def likeness(take: Float32, word: Float32) -> float:
    """Correlation where the word fits best."""
    at = int(np.argmax(dsp.correlate(take, word, mode="valid")))
    return float(np.corrcoef(take[at : at + len(word)], word)[0, 1])
