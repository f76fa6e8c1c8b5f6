"""Where samples come from. Whatever the source, it is an iterator of `AudioBlock` at the model's rate."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

from digitd.audio.files import expand, in_real_time, playlist
from digitd.audio.settings import AudioSettings
from digitd.audio.streams import command_blocks, standard_input, stream_blocks
from digitd.errors import ConfigError
from digitd.messages import AudioBlock

__all__ = ["AudioSettings", "open_source"]


def open_source(
    settings: AudioSettings, rate_hz: int, *, reopen: bool = False
) -> AbstractContextManager[Iterator[AudioBlock]]:
    """Open the source of samples that is set.

    The stream ends with the files, with standard input or with the command; a microphone's never does. While
    no audio comes, an empty block comes at least every `HEARTBEAT_S`.

    Args:
        settings: Which source, and how.
        rate_hz: The model's rate, to which everything is converted.
        reopen: Whether a microphone that is lost is opened again, rather than an error.

    Raises:
        ConfigError: The settings name nothing to read.
        UnavailableError: The microphone or the command cannot be opened, or, while reading, is lost.
        InputError: A file or stream holds no audio.
    """
    raw_rate_hz = settings.rate_hz or rate_hz
    match settings.source:
        case "microphone":
            # Here, not above: it needs PortAudio and looks for sound cards, which reading files must not.
            from digitd.audio.microphone import microphone  # noqa: PLC0415
            from digitd.audio.reopening import reopened_microphone  # noqa: PLC0415

            return (reopened_microphone if reopen else microphone)(settings, rate_hz)
        case "files":
            return nullcontext(_files(settings, rate_hz))
        case "stdin":
            return nullcontext(stream_blocks(standard_input(), rate_hz, raw_rate_hz))
        case "command":
            return command_blocks(settings.command, rate_hz, raw_rate_hz)


def _files(settings: AudioSettings, rate_hz: int) -> Iterator[AudioBlock]:
    if not settings.files:
        raise ConfigError("audio.files: empty, but audio.source is files; name files or folders")
    blocks = playlist(expand(settings.files), rate_hz, settings.block_ms)
    return in_real_time(blocks, rate_hz) if settings.realtime else blocks
