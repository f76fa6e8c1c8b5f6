"""Whatever is given for audio: it is heard in bounded memory, or refused by name with the reason."""

import json
import os
import struct
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from digitd.audio import AudioSettings, open_source
from digitd.audio.files import array_blocks, expand, file_blocks
from digitd.audio.frames import LOUDEST
from digitd.audio.streams import stream_blocks
from digitd.cli import main
from digitd.commands.recogniser import Recogniser
from digitd.config import parse_config
from digitd.demo.play import SPEECH as TEN_DIGITS
from digitd.errors import InputError
from digitd.messages import Float32
from digitd.pipeline import verdicts
from fakes import joined
from sound_files import RATE_HZ, SPEECH, encoded, patched, pipe_with, promising, received

LOSSLESS = {
    "wav": encoded(),
    "24-bit wav": encoded(subtype="PCM_24"),
    "float wav": encoded(subtype="FLOAT", container="WAVEX"),
    "8 channels": encoded(np.stack([SPEECH] * 8, axis=1)),
    "flac": encoded(container="FLAC"),
}
OTHERS = {
    "ogg": encoded(subtype="VORBIS", container="OGG"),
    "mp3": encoded(subtype=None, container="MP3"),
    "aiff": encoded(container="AIFF"),
}

odd_bytes = st.binary(max_size=8) | st.sampled_from([bytes([byte] * 4) for byte in (0, 1, 0x7F, 0x80, 0xFF)])
chunks = st.tuples(
    st.sampled_from([b"fmt ", b"data", b"LIST"]) | st.binary(min_size=4, max_size=4),
    st.sampled_from([0, 1, 16, 40, 0x7FFF_F000, 0xFFFF_FFFF]) | st.integers(0, 200),
    st.binary(max_size=60) | st.just(encoded()[20:36]),
)


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file to be overwritten by each example."""
    return tmp_path_factory.mktemp("audio") / "scratch"


def heard(path: Path) -> Float32 | None:
    """What a file says; None where it is refused."""
    try:
        return joined(file_blocks(path, RATE_HZ))
    except InputError as error:
        refused = error
    assert is_named(refused, str(path))
    return None


def piped(sent: bytes, pieces: int = 1 << 16) -> Float32 | None:
    """What a pipe says; None where it is refused."""
    try:
        return received(sent, pieces=pieces)
    except InputError as error:
        refused = error
    assert is_named(refused, "standard input")
    return None


def is_named(refused: InputError, name: str) -> bool:
    return str(refused).startswith(f"{name}: ") and "\n" not in str(refused)


def riff(described: list[tuple[bytes, int, bytes]]) -> bytes:
    return b"RIFFsizeWAVE" + b"".join(tag + struct.pack("<I", size) + body for tag, size, body in described)


@given(st.sampled_from(list((LOSSLESS | OTHERS).values())), st.data())
def test_a_damaged_file_is_heard_or_refused(scratch: Path, content: bytes, data: st.DataObject) -> None:
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, 64) | st.integers(0, len(content)))
        damaged[at : at + data.draw(st.integers(0, 8))] = data.draw(odd_bytes)
    scratch.write_bytes(damaged)

    samples = heard(scratch)

    assert samples is None or np.isfinite(samples).all()


@given(st.sampled_from(list(LOSSLESS.values())), st.floats(0, 1, exclude_max=True))
def test_a_lossless_file_cut_short_is_refused(scratch: Path, content: bytes, share: float) -> None:
    scratch.write_bytes(content[: int(share * len(content))])

    assert heard(scratch) is None


@given(st.sampled_from(list(OTHERS.values())), st.floats(0, 1, exclude_max=True))
def test_any_other_file_cut_short_is_refused_or_heard_so_far(
    scratch: Path, content: bytes, share: float
) -> None:
    scratch.write_bytes(content[: int(share * len(content))])

    samples = heard(scratch)

    assert samples is None or len(samples) <= len(SPEECH)


@pytest.mark.parametrize(("container", "subtype"), [("OGG", "VORBIS"), ("FLAC", "PCM_16")])
def test_a_file_with_a_hole_in_it_is_refused(tmp_path: Path, container: str, subtype: str) -> None:
    path = tmp_path / "holed"
    content = bytearray(encoded(np.tile(SPEECH, 20), subtype, container))
    content[len(content) // 2 : len(content) // 2 + 3000] = bytes(3000)
    path.write_bytes(content)

    assert heard(path) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (patched(24, "<I", 1), "1 Hz, not 1000 to 384000"),
        (patched(24, "<I", 0x7FFF_FFFF), "2147483647 Hz, not"),
        (patched(22, "<H", 65), "65 channels, not 1 to 64"),
        (encoded(SPEECH * 2**15, "FLOAT"), "far beyond full scale"),
        (encoded(np.full((9, 2), 3e38, np.float32), "FLOAT"), "far beyond full scale"),
    ],
    ids=["1 Hz", "2 GHz", "65 channels", "whole numbers as floats", "the largest floats"],
)
def test_what_speech_is_never_recorded_as_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "odd.wav"
    path.write_bytes(content)

    with pytest.raises(InputError, match=f"odd.wav: .*{reason}"):
        list(file_blocks(path, RATE_HZ))
    with pytest.raises(InputError, match=f"standard input: .*{reason}"):
        received(content)


@pytest.mark.parametrize("rate_hz", [0, 0x8000_0000, 0xFFFF_FFFF])
def test_a_rate_that_is_none_is_refused(scratch: Path, rate_hz: int) -> None:
    scratch.write_bytes(patched(24, "<I", rate_hz))

    assert heard(scratch) is None
    assert piped(scratch.read_bytes()) is None


@pytest.mark.parametrize("mode", ["adaptive", "classic"])
@pytest.mark.parametrize("scale", [LOUDEST, 1.0, 1e-38, 1e-45])
def test_what_is_let_through_can_be_computed_with(mode: str, scale: float) -> None:
    recogniser = Recogniser(parse_config(f"detector: {{mode: {mode}}}".encode(), "config.yaml"))
    noise = np.random.default_rng(1).uniform(-scale, scale, 3 * RATE_HZ)
    bursts = noise * (np.arange(len(noise)) // 4000 % 2)

    told = list(verdicts(recogniser.listen(array_blocks(bursts.astype(np.float32)))))

    assert all(0 <= verdict.score.probability <= 1 for verdict in told if verdict.score)


@pytest.mark.parametrize("content", [b"\xff\xfb\x90\0" * 300, b"\xff\xff\x018 no MP3 at all"])
def test_a_file_that_begins_like_mp3_and_is_none_is_not_said_to_be_missing(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "damaged.mp3"
    path.write_bytes(content)

    with pytest.raises(InputError, match=r"damaged\.mp3: no audio that can be read\. Is it WAV"):
        list(file_blocks(path, RATE_HZ))


def test_the_name_of_a_file_does_not_decide_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(encoded())

    assert np.array_equal(joined(file_blocks(path, RATE_HZ)), SPEECH)


def odd_paths(folder: Path) -> Iterator[tuple[Path, str]]:
    """Name what is no file, and what is said of it."""
    os.mkfifo(folder / "fifo")
    (folder / "loop").symlink_to("loop")
    (folder / "a.wav").touch()
    yield folder / "fifo", "no file but a folder, pipe or device"
    yield folder, "no file but a folder, pipe or device"
    yield Path("/dev/zero"), "no file but a folder, pipe or device"
    yield folder / "gone.wav", "no such file"
    yield folder / "loop", "Too many levels of symbolic links"
    yield folder / "a.wav" / "b.wav", "Not a directory"
    yield folder / ("a" * 300), "File name too long"


def test_what_is_no_file_is_named_with_the_reason(tmp_path: Path) -> None:
    for path, reason in odd_paths(tmp_path):
        with pytest.raises(InputError, match=f"^{path}: {reason}"):
            list(file_blocks(path, RATE_HZ))


def test_a_name_that_cannot_be_looked_up_is_told() -> None:
    with pytest.raises(InputError, match="File name too long"):
        expand(["a" * 300])


def long_wav(path: Path, quiet_s: int, then: bytes = b"") -> Path:
    """Write so many seconds of zeros, as a hole that takes no room on the disk, and 16-bit samples after."""
    size = quiet_s * RATE_HZ * 2
    path.write_bytes(promising(size + len(then))[:44])
    os.truncate(path, 44 + size)
    with path.open("ab") as file:
        file.write(then)
    return path


def test_three_hours_are_read_in_the_memory_of_seconds(tmp_path: Path) -> None:
    path = long_wav(tmp_path / "long.wav", quiet_s=3 * 3600)

    tracemalloc.start()
    try:
        length = sum(len(block.samples) for block in file_blocks(path, RATE_HZ, block_ms=1000.0))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert length == 3 * 3600 * RATE_HZ
    assert peak < 4_000_000


def detected(path: Path) -> tuple[list[dict[str, Any]], float]:
    """What `digitd detect` finds in a file, and how many megabytes its process took at most."""
    program = (
        "import sys; from pathlib import Path; from digitd.cli import main; code = main(sys.argv[1:])\n"
        "print(Path('/proc/self/status').read_text(), file=sys.stderr); sys.exit(code)"
    )
    command = [sys.executable, "-c", program, "detect", "--format", "jsonl", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak_kb = int(done.stderr.partition("VmHWM:")[2].split()[0])
    return [json.loads(line) for line in done.stdout.splitlines()], peak_kb / 1024


def test_digits_after_a_long_quiet_are_found_in_the_memory_of_a_short_file(tmp_path: Path) -> None:
    samples = soundfile.read(TEN_DIGITS, frames=10 * RATE_HZ, dtype="int16")[0].astype("<i2").tobytes()

    found, short_mb = detected(long_wav(tmp_path / "short.wav", 5, samples))
    late, long_mb = detected(long_wav(tmp_path / "long.wav", 1200, samples))

    expected = once_the_room_is_known(found, 5)
    assert len(expected) > 3
    assert once_the_room_is_known(late, 1200) == expected
    assert long_mb - short_mb < 8, "20 minutes of samples are 38 MB, and 77 MB as numbers"


def once_the_room_is_known(told: list[dict[str, Any]], quiet_s: int) -> list[tuple[str, float]]:
    """Return digits with tenths of seconds after three of the room that follows the zeros."""
    onsets_s = [(one["keyword"], one["onset_s"] - quiet_s) for one in told]
    return [(keyword, round(onset_s, 1)) for keyword, onset_s in onsets_s if onset_s > 3]


def test_eight_channels_give_the_digits_of_one(tmp_path: Path) -> None:
    samples = soundfile.read(TEN_DIGITS, frames=8 * RATE_HZ, dtype="int16")[0]
    one, eight = tmp_path / "one.wav", tmp_path / "eight.wav"
    soundfile.write(one, samples, RATE_HZ)
    soundfile.write(eight, np.stack([samples] * 8, axis=1), RATE_HZ)

    (of_one, _), (of_eight, _) = detected(one), detected(eight)

    assert len(of_one) > 3
    assert [told | {"file": ""} for told in of_eight] == [told | {"file": ""} for told in of_one]


@given(st.binary(max_size=300) | st.lists(chunks, max_size=5).map(riff), st.integers(1, 100))
def test_any_bytes_from_a_pipe_are_heard_or_refused_however_they_come(sent: bytes, pieces: int) -> None:
    whole, cut = piped(sent), piped(sent, pieces)

    assert np.array_equal([] if whole is None else whole, [] if cut is None else cut)


@given(st.integers(0, 100), st.integers(0, 4), odd_bytes)
def test_a_damaged_header_from_a_pipe_is_understood_or_refused(at: int, lost: int, instead: bytes) -> None:
    content = LOSSLESS["float wav"]

    samples = piped(content[:at] + instead + content[at + lost :])

    assert samples is None or np.isfinite(samples).all()


def test_a_header_that_never_ends_is_refused() -> None:
    with pytest.raises(InputError, match="without audio after it"):
        received(b"RIFFsizeWAVE" + b"LIST\x04\0\0\0tags" * 100_000)


def test_standard_input_that_is_closed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)

    with pytest.raises(InputError, match="standard input: closed"):
        open_source(AudioSettings(source="stdin"), RATE_HZ)


def test_a_descriptor_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pipe_with(b"") as pipe:
        folder = os.open(tmp_path, os.O_RDONLY)
        os.dup2(folder, pipe)
        os.close(folder)

        with pytest.raises(InputError, match="standard input: Is a directory"):
            list(stream_blocks(pipe, RATE_HZ, RATE_HZ))


def test_bad_files_are_each_told_and_the_good_one_is_still_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contents = {
        "cut.wav": encoded()[:3000],
        "none.wav": b"",
        "nan.wav": encoded(np.full(9, np.nan, np.float32), "FLOAT"),
        "riff.wav": b"RIFF",
        "rate.wav": patched(24, "<I", 1),
        "ten.flac": TEN_DIGITS.read_bytes(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)

    code = main(["detect", "--format", "jsonl", "/dev/zero", str(tmp_path), str(tmp_path / "gone.wav")])

    told = capsys.readouterr()
    assert code == 66
    assert [line.split(":")[0] for line in told.err.splitlines()] == ["digitd"] * 7
    assert len(told.out.splitlines()) > 20


def test_a_name_that_is_no_text_is_told_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "\udcff.flac"  # as Python reads the byte 0xFF
    path.write_bytes(TEN_DIGITS.read_bytes())

    command = [sys.executable, "-m", "digitd", "detect", "--format", "jsonl", str(path)]
    done = subprocess.run(command, capture_output=True, check=True)

    assert {json.loads(line)["file"] for line in done.stdout.splitlines()} == {str(path)}
