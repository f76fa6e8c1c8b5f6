"""The microphone, through PortAudio, which looks for devices when this is imported and never again."""

import atexit
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from digitd.audio.resample import resampled
from digitd.audio.ring import RingBuffer
from digitd.audio.settings import HEARTBEAT_S, AudioSettings
from digitd.errors import UnavailableError
from digitd.messages import AudioBlock, Float32

try:
    import sounddevice as sd
except OSError as error:
    raise UnavailableError(f"{error}: sudo apt install libportaudio2") from error

log = logging.getLogger(__name__)

CLOSE_WITHIN_S = 0.5

# PortAudio's own choice is a buffer of two blocks, which overflows when the callback comes 20 ms late, as it
# does when Python is busy. With six, blocks of 20 ms come in pairs, 10 ms later on average, for a third less.
_BUFFER_S = 0.1

# PortAudio's state is the process's own, and it takes calls of one thread at a time. Those that open a stream
# may hang and are left out: they and the search for devices are one thread's anyway.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class InputDevice:
    """Something that PortAudio can record from.

    Attributes:
        index: PortAudio's number for it, valid in this process only.
        name: What `audio.device` takes.
        host_api: The sound system that offers it; `audio.device` takes "name, host API" as well.
        channels: As many as it has.
        default_rate_hz: The rate that it prefers.
        is_default: An empty `audio.device` means this one.
    """

    index: int
    name: str
    host_api: str
    channels: int
    default_rate_hz: int
    is_default: bool


def input_devices() -> list[InputDevice]:
    """Return what can be recorded from.

    Raises:
        UnavailableError: PortAudio is looking for devices just now, or could not.
    """
    with _portaudio():
        return [_input_device(found) for found in sd.query_devices() if found["max_input_channels"] > 0]


def choose(devices: Sequence[InputDevice], wanted: str) -> InputDevice:
    """Find a device by its name, or by a part of "name, host API" that no other has; case does not matter.

    Args:
        devices: What there is.
        wanted: The name; empty for the default.

    Raises:
        UnavailableError: There is none, or more than one; its text lists what there is.
    """
    if not wanted:
        return _only([device for device in devices if device.is_default], "no default microphone", devices)
    exact = [device for device in devices if device.name.lower() == wanted.lower()]
    if len(exact) == 1:
        return exact[0]
    partly = [device for device in devices if wanted.lower() in f"{device.name}, {device.host_api}".lower()]
    if len(partly) > 1:
        return _only(partly, f"microphone {wanted!r} could be any of these", partly)
    return _only(partly, f"microphone {wanted!r} is not there", devices)


@contextmanager
def microphone(settings: AudioSettings, rate_hz: int) -> Iterator[Iterator[AudioBlock]]:
    """Record from the microphone as long as the block lasts.

    Args:
        settings: Which microphone, and how.
        rate_hz: The rate of the blocks; the device may run at another.

    Raises:
        UnavailableError: There is no such microphone, it refuses, or, while reading, it is lost.
    """
    recording = Recording(settings, settings.device, rate_hz)
    try:
        yield recording.blocks()
    finally:
        close_in_time(recording.close)


class Recording:
    """One opening of a microphone.

    Args:
        settings: How it is opened.
        wanted: Its name, as for `choose`.
        rate_hz: The rate of the blocks; the device may run at another.

    Attributes:
        device: What was found.

    Raises:
        UnavailableError: There is no such microphone, or it refuses.
    """

    def __init__(self, settings: AudioSettings, wanted: str, rate_hz: int) -> None:
        self.device = choose(input_devices(), wanted)
        self._lost_after_s = settings.lost_after_s
        self._device_hz = settings.rate_hz or _fitting_rate(self.device, rate_hz)
        self._rate_hz = rate_hz
        block = round(self._device_hz * settings.block_ms / 1000)
        self._ring = RingBuffer(block, slots=round(settings.ring_s * 1000 / settings.block_ms))
        self._stream = _opened(self.device, self._device_hz, block, self._ring)
        log.info("opened microphone name=%r rate_hz=%d block=%d", self.device.name, self._device_hz, block)

    def blocks(self) -> Iterator[AudioBlock]:
        """Yield what is heard from now on, and an empty block at each `HEARTBEAT_S` without any.

        Raises:
            UnavailableError: The microphone is lost: it gave nothing for `lost_after_s`.
        """
        return resampled(self._heard(), self._device_hz, self._rate_hz)

    def close(self) -> None:
        """Let go of the device, if that has not been done; with a hung sound server this never returns."""
        if not self._stream.closed:
            self._stream.abort()
            self._stream.close()

    def _heard(self) -> Iterator[AudioBlock]:
        """Yield what the ring holds.

        A lost device is one that gives nothing: PortAudio's `active` stays true when a card is pulled out.
        Waits are counted, not the clock: a process that was itself stopped for a while has lost no
        microphone by that.
        """
        silent_s, overflows = 0.0, 0
        while silent_s < self._lost_after_s:
            block = self._ring.read(HEARTBEAT_S)
            silent_s = 0.0 if len(block.samples) else silent_s + HEARTBEAT_S
            if self._ring.overflows != overflows:
                overflows = self._ring.overflows
                log.warning("lost samples overflows=%d lost=%d", overflows, self._ring.lost)
            yield block
        raise UnavailableError(
            f"microphone {self.device.name!r} gave nothing for {self._lost_after_s:g} s; is it still "
            "plugged in? See `digitd devices`"
        )


def look_again() -> None:
    """Let PortAudio look for devices anew; no stream may be open.

    Raises:
        UnavailableError: It does not come up again.
    """
    with _portaudio():
        if sd._initialized:  # noqa: SLF001 - none of these has a public name: not after a try that failed
            sd._terminate()  # noqa: SLF001
        sd._initialize()  # noqa: SLF001


def lasting_name(device: InputDevice) -> str:
    """Return what stays of a device's name when it is plugged in again: the card's number may change."""
    return re.sub(r" \(hw:\d+,\d+\)$", "", device.name)


def close_in_time(close: Callable[[], None]) -> None:
    """Close a recording, or leave it behind: with a hung sound server PortAudio's close never returns."""
    closing = threading.Thread(target=close, daemon=True)
    closing.start()
    closing.join(CLOSE_WITHIN_S)
    if closing.is_alive():
        log.warning("microphone does not close, leaving it behind")
        leave_behind()


def leave_behind() -> None:
    """Let the process end although PortAudio hangs: sounddevice would wait for it then."""
    atexit.unregister(sd._exit_handler)  # noqa: SLF001 - it has no public name


@contextmanager
def _portaudio() -> Iterator[None]:
    """Ask PortAudio about devices while no other thread does; where that one hangs, do not wait for it.

    Raises:
        UnavailableError: Another thread does, or PortAudio refuses.
    """
    if not _one_at_a_time.acquire(timeout=HEARTBEAT_S):
        raise UnavailableError("PortAudio is looking for devices just now; ask again")
    try:
        yield
    except sd.PortAudioError as error:
        raise UnavailableError(f"PortAudio lists no devices: {error}") from error
    finally:
        _one_at_a_time.release()


def _input_device(found: dict[str, Any]) -> InputDevice:
    default_input, _ = sd.default.device
    return InputDevice(
        index=found["index"],
        name=found["name"],
        host_api=sd.query_hostapis(found["hostapi"])["name"],
        channels=found["max_input_channels"],
        default_rate_hz=round(found["default_samplerate"]),
        is_default=found["index"] == default_input,
    )


def _only(found: Sequence[InputDevice], problem: str, candidates: Sequence[InputDevice]) -> InputDevice:
    if len(found) == 1:
        return found[0]
    names = ", ".join(repr(f"{device.name}, {device.host_api}") for device in candidates)
    raise UnavailableError(
        f"{problem}: {names or 'there is none at all'}; set audio.device as `digitd devices` lists"
    )


def _fitting_rate(device: InputDevice, rate_hz: int) -> int:
    try:
        sd.check_input_settings(device.index, channels=1, dtype="float32", samplerate=rate_hz)
    except sd.PortAudioError:
        return device.default_rate_hz
    return rate_hz


def _opened(device: InputDevice, device_hz: int, block: int, ring: RingBuffer) -> sd.InputStream:
    try:
        stream = sd.InputStream(
            device=device.index,
            samplerate=device_hz,
            blocksize=block,
            channels=1,
            dtype="float32",
            latency=_BUFFER_S,
            callback=_callback(ring),
        )
        stream.start()
    except sd.PortAudioError as error:
        raise UnavailableError(
            f"microphone {device.name!r} at {device_hz} Hz: {error}; is another program using it? "
            "With audio.rate_hz 0 it chooses the rate itself"
        ) from error
    return stream


def _callback(ring: RingBuffer) -> Callable[..., None]:
    """Return what PortAudio calls from its own thread for each block; it must never wait."""

    def write(samples: Float32, _frames: int, _time: object, status: sd.CallbackFlags) -> None:
        ring.write(samples[:, 0], time.monotonic(), overflowed=status.input_overflow)

    return write
