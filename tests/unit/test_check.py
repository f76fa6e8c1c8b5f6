"""What `digitd check` finds of a source of sound."""

import pytest

from digitd.audio.settings import AudioSettings
from digitd.commands.check import checks
from digitd.config import Config
from digitd.errors import UnavailableError


def audio(command: str) -> str:
    settings = AudioSettings(source="command", command=command, lost_after_s=1.0)
    return dict(checks(Config(audio=settings)))["audio"]()


def test_a_command_that_gives_no_sound_is_told_and_not_waited_for() -> None:
    with pytest.raises(UnavailableError, match="'sleep 60': no audio for 1 s; check what it does"):
        audio("sleep 60")


def test_a_command_that_gives_sound_is_told_with_its_level() -> None:
    assert audio("head -c 64000 /dev/urandom") == "'head -c 64000 /dev/urandom', -6 dBFS"
