"""What may be said about where samples come from."""

from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

HEARTBEAT_S = 0.25
"""Longest time, seconds, that a source keeps its reader waiting; the reader then looks at its stop flag."""


HIGHEST_HZ = 384_000
"""As fast as sound cards and recorders go."""


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """Where samples come from.

    Attributes:
        source: `microphone`; `files`, played one after the other; `stdin`; or the output of a `command`.
        device: Name of the microphone, or a part of it that no other has; empty for the system's default.
        rate_hz: Rate at which the microphone is opened, or of raw samples from `stdin` and `command`. 0 is
            the model's rate, or for a microphone that refuses it, the device's own.
        files: Files and folders for `files`.
        realtime: `files` are played at the speed of speech; otherwise as fast as it goes.
        command: A program, with arguments, that writes WAV or raw 16-bit mono to its standard output, such as
            `arecord -q -f S16_LE -r 16000 -t raw`. It is not given to a shell.
        block_ms: So much is handed on at once: smaller reacts sooner, larger costs less.
        ring_s: A reader so far behind the microphone loses samples.
        lost_after_s: A microphone that gives nothing for so long, not even zeros, is lost and opened again.
        silent_after_s: A microphone that gives one and the same value for so long is muted or dead.
    """

    source: Literal["microphone", "files", "stdin", "command"] = "microphone"
    device: str = ""
    rate_hz: Annotated[int, Meta(ge=0, le=HIGHEST_HZ)] = 0
    files: tuple[str, ...] = ()
    realtime: bool = True
    command: str = ""
    block_ms: Annotated[float, Meta(ge=5, le=100)] = 20.0
    ring_s: Annotated[float, Meta(ge=1, le=60)] = 10.0
    lost_after_s: Annotated[float, Meta(ge=1, le=600)] = 5.0
    silent_after_s: Annotated[float, Meta(ge=1, le=86_400)] = 60.0
