"""The microphone through PortAudio, in processes of their own."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
import soxr
from scipy import signal as dsp

from digitd.audio import AudioSettings
from digitd.messages import Float32
from integration.virtual_microphone import VirtualMicrophone, virtual_microphone

pytestmark = pytest.mark.microphone

RATE_HZ = 16000
RECORD = Path(__file__).with_name("record.py")
DEVICES = """
from digitd.audio.microphone import input_devices
for device in input_devices():
    print(device.name, device.is_default)
"""
DEVICES_MEANWHILE = """
import sounddevice
from threading import Event, Thread
from digitd.audio.microphone import input_devices, look_again
from digitd.errors import UnavailableError

def list_devices():
    try:
        print(len(input_devices()) > 0)
    except UnavailableError as error:
        print(error)

initialize, begun, go_on = sounddevice._initialize, Event(), Event()

def hang():
    begun.set()
    go_on.wait()
    initialize()

sounddevice._initialize = hang
looking = Thread(target=look_again)
looking.start()
begun.wait()
list_devices()
go_on.set()
looking.join()
list_devices()
sounddevice._terminate()
list_devices()
"""


@contextmanager
def recording(
    vmic: VirtualMicrophone, path: Path, settings: AudioSettings, seconds: float = 2.5
) -> Iterator[subprocess.Popen[str]]:
    """A recorder that has begun to hear, or has failed."""
    arguments = [msgspec.json.encode(settings).decode(), str(RATE_HZ), str(seconds), str(path)]
    with subprocess.Popen(
        [sys.executable, str(RECORD), *arguments],
        env=vmic.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as recorder:
        assert recorder.stdout
        recorder.stdout.readline()
        try:
            yield recorder
        finally:
            recorder.kill()


def failure(vmic: VirtualMicrophone, path: Path, device: str) -> tuple[int, str]:
    with recording(vmic, path, AudioSettings(device=device)) as recorder:
        _, complaint = recorder.communicate(timeout=20)
    return recorder.returncode, complaint


def played(vmic: VirtualMicrophone, folder: Path, rate_hz: int = 0) -> tuple[Float32, Float32]:
    """Play a rising tone into the microphone, opened at `rate_hz`; return it, and what was heard."""
    at_s = np.arange(vmic.rate_hz) / vmic.rate_hz
    tone = (0.5 * dsp.chirp(at_s, 200, 1.0, 3500)).astype(np.float32)
    spoken, heard = folder / "spoken.wav", folder / "heard.npy"
    soundfile.write(spoken, tone, vmic.rate_hz, "PCM_16")
    with recording(vmic, heard, AudioSettings(device=vmic.name, rate_hz=rate_hz)) as recorder:
        vmic.play(spoken)
        _, complaint = recorder.communicate(timeout=20)
    assert recorder.returncode == 0, complaint
    return soundfile.read(spoken, dtype="float32")[0], np.load(heard)


def aligned(heard: Float32, spoken: Float32) -> Float32:
    """The stretch of `heard` that fits `spoken` best."""
    at = int(np.argmax(dsp.correlate(heard, spoken, mode="valid")))
    return heard[at : at + len(spoken)]


def test_what_is_played_at_the_models_rate_arrives_bit_for_bit(
    vmic: VirtualMicrophone, tmp_path: Path
) -> None:
    spoken, heard = played(vmic, tmp_path)

    assert np.array_equal(aligned(heard, spoken), spoken)


@pytest.mark.parametrize("device_hz", [8000, 44100, 48000])
def test_what_is_played_at_another_rate_arrives_resampled(
    device_hz: int, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with virtual_microphone(tmp_path_factory.mktemp("vmic"), device_hz) as vmic:
        spoken, heard = played(vmic, tmp_path, rate_hz=device_hz)

    # Eight times finer, so that a shift by less than a sample does not count.
    expected = soxr.resample(spoken, device_hz, 8 * RATE_HZ)
    found = aligned(soxr.resample(heard, RATE_HZ, 8 * RATE_HZ), expected)
    assert np.corrcoef(found, expected)[0, 1] > 0.99


def test_devices_are_listed_by_the_names_that_the_configuration_takes(vmic: VirtualMicrophone) -> None:
    command = [sys.executable, "-c", DEVICES]

    listed = subprocess.check_output(command, env=vmic.environment, text=True, timeout=20)

    assert {"vmic False", "vmic-twin False", "default True"} <= set(listed.splitlines())


def test_devices_cannot_be_listed_while_they_are_looked_for_or_after_that_has_failed(
    vmic: VirtualMicrophone,
) -> None:
    command = [sys.executable, "-c", DEVICES_MEANWHILE]

    listed = subprocess.check_output(command, env=vmic.environment, text=True, timeout=20)

    assert listed.splitlines() == [
        "PortAudio is looking for devices just now; ask again",
        "True",
        "PortAudio lists no devices: PortAudio not initialized [PaErrorCode -10000]",
    ]


def test_an_exact_name_wins_over_a_longer_one_and_case_does_not_matter(
    vmic: VirtualMicrophone, tmp_path: Path
) -> None:
    with recording(vmic, tmp_path / "heard.npy", AudioSettings(device="VMIC"), seconds=0.1) as recorder:
        recorder.communicate(timeout=20)

    assert recorder.returncode == 0


def test_a_part_of_a_name_is_enough_when_no_other_has_it(vmic: VirtualMicrophone, tmp_path: Path) -> None:
    with recording(vmic, tmp_path / "heard.npy", AudioSettings(device="twin"), seconds=0.1) as recorder:
        recorder.communicate(timeout=20)

    assert recorder.returncode == 0


def test_an_unknown_name_is_answered_with_those_there_are(vmic: VirtualMicrophone, tmp_path: Path) -> None:
    code, complaint = failure(vmic, tmp_path / "heard.npy", device="kitchen")

    assert code == 69
    assert "'kitchen' is not there" in complaint
    assert "'vmic, ALSA', 'vmic-twin, ALSA'" in complaint


def test_an_ambiguous_name_is_answered_with_those_it_could_mean(
    vmic: VirtualMicrophone, tmp_path: Path
) -> None:
    code, complaint = failure(vmic, tmp_path / "heard.npy", device="vmi")

    assert code == 69
    assert "could be any of these: 'vmic, ALSA', 'vmic-twin, ALSA';" in complaint


def test_a_microphone_that_falls_silent_is_lost_and_does_not_hold_up_the_end(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = AudioSettings(device="vmic", lost_after_s=1.0)

    with (
        virtual_microphone(tmp_path_factory.mktemp("vmic"), RATE_HZ) as vmic,
        recording(vmic, tmp_path / "heard.npy", settings, seconds=60) as recorder,
    ):
        vmic.server.send_signal(signal.SIGSTOP)
        stopped_at = time.monotonic()
        _, complaint = recorder.communicate(timeout=20)

    assert recorder.returncode == 69
    assert "microphone 'vmic' gave nothing for 1 s" in complaint
    assert time.monotonic() - stopped_at < 3
