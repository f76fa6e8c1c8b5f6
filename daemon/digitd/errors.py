"""What can go wrong, and the exit code that each kind ends the process with.

The codes are those of sysexits.h where it has one; systemd is told not to restart on 78.
"""

from typing import Final

INTERRUPTED: Final = 130
"""What a shell makes of a program that ended by Ctrl-C: 128 + SIGINT."""


class DigitdError(Exception):
    """Something that a person can put right; its text says how."""

    exit_code = 1


class InputError(DigitdError):
    """An input file is missing or is not what its name says."""

    exit_code = 66


class UnavailableError(DigitdError):
    """The microphone, the broker or a port is not to be had, where it was required at once."""

    exit_code = 69


class ConfigError(DigitdError):
    """The configuration is wrong; a restart would not change that."""

    exit_code = 78


class ModelError(DigitdError):
    """The model file does not fit this daemon; a restart would not change that."""

    exit_code = 78
