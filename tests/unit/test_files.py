"""Files, pipes and commands as streams of blocks."""

import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from digitd.audio import AudioSettings, open_source
from digitd.audio.files import array_blocks, expand, file_blocks, in_real_time, playlist
from digitd.audio.settings import HEARTBEAT_S
from digitd.audio.streams import stream_blocks
from digitd.errors import ConfigError, InputError, UnavailableError
from digitd.messages import AudioBlock, Float32
from fakes import joined
from sound_files import RATE_HZ, SPEECH, encoded, pipe_with, promising, received


def written(
    path: Path, samples: Float32 = SPEECH, rate_hz: int = RATE_HZ, subtype: str | None = None
) -> Path:
    soundfile.write(path, samples, rate_hz, subtype)
    return path


def through(command: str) -> list[AudioBlock]:
    with open_source(AudioSettings(source="command", command=command), RATE_HZ) as blocks:
        return list(blocks)


def test_folders_are_searched_and_sorted_and_files_taken_as_named(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("c.WAV", "b/a.flac", "b/notes.txt", "named.raw"):
        (tmp_path / name).touch()

    found = expand([tmp_path / "named.raw", tmp_path])

    assert found == [tmp_path / "named.raw", tmp_path / "b/a.flac", tmp_path / "c.WAV"]


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no WAV"):
        expand([tmp_path])


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_24"),
        ("a.wav", "FLOAT"),
        ("a.flac", "PCM_16"),
        ("a.flac", "PCM_24"),
    ],
)
def test_lossless_files_come_out_exactly(tmp_path: Path, name: str, subtype: str) -> None:
    path = written(tmp_path / name, subtype=subtype)

    assert np.array_equal(joined(file_blocks(path, RATE_HZ)), SPEECH)


@pytest.mark.parametrize(("name", "subtype"), [("a.wav", "PCM_U8"), ("a.ogg", "VORBIS"), ("a.mp3", None)])
def test_lossy_files_come_out_nearly(tmp_path: Path, name: str, subtype: str | None) -> None:
    tone = np.sin(np.arange(RATE_HZ, dtype=np.float32) * np.float32(2 * np.pi * 440 / RATE_HZ)) / 2
    path = written(tmp_path / name, tone, subtype=subtype)

    heard = joined(file_blocks(path, RATE_HZ))[:RATE_HZ]

    spectrum = np.abs(np.fft.rfft(heard)) * 4 / RATE_HZ
    assert np.argmax(spectrum) == 440  # hertz, as it lasts a second; MP3 delays it, so samples do not compare
    assert spectrum[440] == pytest.approx(1, abs=0.1)


def test_channels_are_averaged(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav", np.stack([SPEECH, SPEECH, -SPEECH, -SPEECH], axis=1))

    assert not joined(file_blocks(path, RATE_HZ)).any()


@pytest.mark.parametrize("rate_hz", [8000, 11025, 44100, 48000])
def test_any_rate_becomes_the_models(tmp_path: Path, rate_hz: int) -> None:
    path = written(
        tmp_path / "a.wav", np.sin(np.arange(rate_hz) * 2000 / rate_hz).astype(np.float32), rate_hz
    )

    heard = joined(file_blocks(path, RATE_HZ))

    expected = np.sin(np.arange(RATE_HZ) * 2000 / RATE_HZ)
    np.testing.assert_allclose(heard[200:-200], expected[200:-200], atol=1e-3)


@given(block_ms=st.floats(0.1, 500))
def test_how_much_is_read_at_once_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, block_ms: float
) -> None:
    path = written(tmp_path_factory.mktemp("files") / "a.wav", rate_hz=44100)

    assert np.array_equal(joined(file_blocks(path, RATE_HZ, block_ms)), joined(file_blocks(path, RATE_HZ)))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.wav", b"", "recognised"),
        ("text.wav", b"This is no audio at all, it is a letter.", "recognised"),
        ("silent.wav", encoded(SPEECH[:0]), "no audio in it"),
        ("short.wav", encoded()[:5000], "cut short, 4956 of 8000 bytes"),
        ("short.flac", encoded(container="FLAC")[:3000], "whole"),
        ("nan.wav", encoded(np.full(100, np.nan, np.float32), "FLOAT"), "not numbers"),
        ("inf.wav", encoded(np.full(100, np.inf, np.float32), "FLOAT"), "not numbers"),
    ],
)
def test_a_bad_file_is_named_with_the_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(InputError, match=f"{name}: .*{reason}"):
        list(file_blocks(path, RATE_HZ))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.wav: no such file"):
        list(file_blocks(tmp_path / "gone.wav", RATE_HZ))


def test_a_file_that_was_written_to_a_pipe_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(promising(0xFFFF_FFFF))

    assert np.array_equal(joined(file_blocks(path, RATE_HZ)), SPEECH)


def test_several_files_are_one_stream(tmp_path: Path) -> None:
    paths = [written(tmp_path / "a.wav"), written(tmp_path / "b.wav", rate_hz=8000)]

    blocks = list(playlist(paths, RATE_HZ))

    assert all(before.end == after.start for before, after in pairwise(blocks))
    assert blocks[-1].end == 3 * len(SPEECH)


def test_in_real_time_each_block_comes_when_it_would_have_been_spoken() -> None:
    began_at = time.monotonic()

    blocks = list(in_real_time(array_blocks(SPEECH, 800), RATE_HZ))

    assert time.monotonic() - began_at >= len(SPEECH) / RATE_HZ
    assert [block.captured_at - began_at for block in blocks] == pytest.approx(
        [block.end / RATE_HZ for block in blocks], abs=0.05
    )


@given(length=st.integers(0, 1000), block=st.integers(1, 400))
def test_an_array_is_cut_without_loss(length: int, block: int) -> None:
    blocks = list(array_blocks(SPEECH[:length], block))

    assert np.array_equal(joined([AudioBlock(0, SPEECH[:0]), *blocks]), SPEECH[:length])
    assert [one.start for one in blocks] == list(range(0, length, block))


def test_files_without_a_name_are_a_mistake_in_the_configuration() -> None:
    with pytest.raises(ConfigError, match=r"audio\.files"):
        open_source(AudioSettings(source="files"), RATE_HZ)


def test_files_are_opened_through_the_one_door(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav")

    with open_source(AudioSettings(source="files", files=(str(path),), realtime=False), RATE_HZ) as blocks:
        assert np.array_equal(joined(blocks), SPEECH)


@pytest.mark.parametrize("container", ["WAV", "WAVEX"])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_wav_of_each_kind_is_read_from_a_pipe(subtype: str, container: str) -> None:
    sent = encoded(np.stack([SPEECH, SPEECH], axis=1), subtype, container)

    assert np.array_equal(received(sent), SPEECH)


@pytest.mark.parametrize("size", [0, 0x7FFF_F000, 0x8000_0000, 0xFFFF_FFFF])
def test_a_header_that_could_not_know_the_length_is_read_to_the_end(size: int) -> None:
    assert np.array_equal(received(promising(size)), SPEECH)


def test_what_follows_the_audio_is_not_heard() -> None:
    assert np.array_equal(received(encoded() + b"LIST\x04\0\0\0tags"), SPEECH)


def test_what_is_no_wav_is_raw() -> None:
    assert np.array_equal(received((SPEECH * 2**15).astype("<i2").tobytes()), SPEECH)


def test_raw_samples_at_another_rate_are_resampled() -> None:
    raw = (SPEECH * 2**15).astype("<i2").tobytes()

    assert len(received(raw, raw_rate_hz=8000)) == 2 * len(SPEECH)


@given(pieces=st.integers(1, 2000))
def test_a_pipe_may_bring_any_number_of_bytes_at_once(pieces: int) -> None:
    sent = encoded(SPEECH[:300], "PCM_24")

    with pipe_with(sent, pieces) as pipe:
        assert np.array_equal(joined(stream_blocks(pipe, RATE_HZ, RATE_HZ)), SPEECH[:300])


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "before any audio"),
        (encoded()[:30], "before any audio"),
        (encoded(SPEECH[:0]), "no audio in it"),
        (encoded()[:5000], "3044 of 8000 bytes"),
        (encoded(subtype="PCM_U8"), "8 bits"),
        (encoded(container="FLAC"), "neither WAV nor raw"),
        (encoded(np.full(9, np.nan, np.float32), "FLOAT"), "not numbers"),
        (b"RIFFsizeWAVEdata\4\0\0\0....", "does not say its format"),
    ],
)
def test_a_bad_pipe_is_named_with_the_reason(sent: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=f"standard input: .*{reason}"):
        received(sent)


def test_a_pipe_that_pauses_gives_heartbeats() -> None:
    with pipe_with(encoded(SPEECH[:100]), pieces=200, pause_s=1.5 * HEARTBEAT_S) as pipe:
        blocks = list(stream_blocks(pipe, RATE_HZ, RATE_HZ))

    assert sum(not len(block.samples) for block in blocks) >= 2
    assert np.array_equal(joined(blocks), SPEECH[:100])


def test_a_command_is_heard_until_it_ends(tmp_path: Path) -> None:
    path = written(tmp_path / "a.wav")

    assert np.array_equal(joined(through(f"cat {path}")), SPEECH)


def test_a_command_that_fails_is_quoted() -> None:
    with pytest.raises(UnavailableError, match="exit code 3: no such device"):
        through("sh -c 'echo recording >&2; echo no such device >&2; exit 3'")


def test_a_command_that_talks_much_does_not_stall() -> None:
    chatter = "head -c 300000 /dev/zero >&2; head -c 100000 /dev/zero"

    assert blocks_end(through(f"sh -c '{chatter}'")) == 50_000


def blocks_end(blocks: list[AudioBlock]) -> int:
    return blocks[-1].end


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(UnavailableError, match=r"no-such-recorder.*No such file"):
        through("no-such-recorder --raw")


@pytest.mark.parametrize("command", ["", "sh -c 'unfinished"])
def test_a_command_line_that_cannot_be_read_is_a_mistake_in_the_configuration(command: str) -> None:
    with pytest.raises(ConfigError, match=r"audio\.command"):
        through(command)


def test_leaving_ends_the_command_and_what_it_started() -> None:
    began_at = time.monotonic()
    command = "sh -c 'cat /dev/zero | cat'"

    with open_source(AudioSettings(source="command", command=command), RATE_HZ) as blocks:
        next(blocks)

    assert time.monotonic() - began_at < 3
