"""The commands; the only place that prints, catches and exits.

What a command needs is imported by it: NumPy and what stands on it take 0.25 s on a PC, four times that on a
Raspberry Pi, which `--help`, `--version` and a wrong option should not.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

from digitd.arguments import parser
from digitd.errors import INTERRUPTED, ConfigError, DigitdError, InputError, UnavailableError

if TYPE_CHECKING:
    from digitd.config import Config
    from digitd.pictures.study import Study

# ruff: noqa: PLC0415 - imports inside commands: see above

PROGRESS_AFTER_S = 2.0

WORDS = 4
"""As many as show whether words come in two; more make the figures surer."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # Threads make OpenBLAS slower, not faster, at products as small as the one that the model's speed is
    # judged by, and cost 40 MB of address space a core. NumPy reads this when it is imported.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if isinstance(sys.stdout, TextIOWrapper):
        # A file may be called by bytes that are no text: they come out as an escape, in JSON as they should.
        sys.stdout.reconfigure(errors="backslashreplace")
    arguments = parser().parse_args(argv)
    try:
        return COMMANDS[arguments.command](arguments)
    except DigitdError as error:
        _complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read our output has had enough: `digitd listen | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more as it ends
        return 0


def _run(arguments: argparse.Namespace) -> int:
    from digitd.commands.run import run
    from digitd.log import set_up_logging

    config = _config(arguments)
    set_up_logging(config.log, sys.stderr, os.environ)
    run(config, lambda: _config(arguments), lambda changes: _keep(arguments, changes))
    return 0


def _keep(arguments: argparse.Namespace, changes: Mapping[str, float]) -> None:
    from digitd.amend import amend
    from digitd.config import find_config

    file = find_config(arguments.config, os.environ)
    if file is None:
        raise ConfigError(
            "no configuration file to keep it in; make an empty config.yaml, or name one with -c"
        )
    amend(file, changes)


def _demo(_arguments: argparse.Namespace) -> int:
    from digitd.demo.play import play

    return 0 if play(_tell).is_perfect else 1


def _detect(arguments: argparse.Namespace) -> int:
    from digitd.commands.detect import heard_in, recordings
    from digitd.commands.recogniser import Recogniser
    from digitd.commands.told import TABLE_HEAD

    recogniser = Recogniser(_config(arguments))
    mishaps = _Mishaps()
    found: list[str] = []
    for path in arguments.paths:
        with mishaps.told():
            found += recordings(path)
    if arguments.format == "table":
        _tell(TABLE_HEAD)
    # Unless the results themselves are seen on the terminal.
    for recording in _with_progress(found, shown=sys.stderr.isatty() and not sys.stdout.isatty()):
        with mishaps.told():
            for line in heard_in(recording, recogniser, arguments.format, everything=arguments.all):
                _tell(line)
    return mishaps.exit_code


def _inspect(arguments: argparse.Namespace) -> int:
    from digitd.commands.detect import recordings
    from digitd.commands.inspect import Stretch, draw, study
    from digitd.commands.recogniser import Recogniser

    if arguments.last:
        return _inspect_the_last(arguments)
    recogniser = Recogniser(_config(arguments))
    stretch = Stretch(arguments.from_s, arguments.to_s)
    mishaps = _Mishaps()
    found: list[str] = []
    for path in arguments.paths:
        with mishaps.told():
            found += recordings(path)

    def studies() -> Iterator["Study"]:
        for recording in _with_progress(found, shown=sys.stderr.isatty()):
            with mishaps.told():
                yield study(recording, recogniser, stretch)

    for line in draw(studies(), arguments.out, alone=len(found) == 1):
        _tell(line)
    return mishaps.exit_code


def _inspect_the_last(arguments: argparse.Namespace) -> int:
    from digitd.commands.last import draw_last

    _tell(draw_last(_config(arguments), os.environ, arguments.last, arguments.out))
    return 0


def _calibrate(arguments: argparse.Namespace) -> int:
    from digitd.amend import amend
    from digitd.commands.calibrate import calibrate
    from digitd.config import find_config

    config = _config(arguments)
    file = find_config(arguments.config, os.environ)
    if arguments.write and file is None:
        raise ConfigError("no configuration file to write to; make an empty config.yaml, or name one with -c")
    number = arguments.words
    if number is None:
        number = WORDS if sys.stdin.isatty() else 0
    outcome = calibrate(config, arguments.seconds, number, _tell)
    if outcome.changes and file:
        if arguments.write:
            amend(file, outcome.changes)
            _tell(f"written to {file}; a daemon that runs takes it with `systemctl reload digitd`")
        else:
            _tell(f"--write puts it into {file}")
    return 0 if outcome.is_heard else 1


def _listen(arguments: argparse.Namespace) -> int:
    from digitd.commands.listen import listen

    listen(_config(arguments), sys.stdin, sys.stdout, os.environ, alone=arguments.alone)
    return 0


def _fleet(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from digitd.commands.fleet import fleet, jsonl, table

    config = _config(arguments)
    clear = "\x1b[2J\x1b[H" if sys.stdout.isatty() and arguments.watch else ""
    for rooms in fleet(config):
        lines = map(jsonl, rooms) if arguments.format == "jsonl" else table(rooms, datetime.now(UTC))
        _tell(clear + "\n".join(lines))
        if not arguments.watch:
            break
    return 0


def _devices(_arguments: argparse.Namespace) -> int:
    from digitd.audio.microphone import input_devices

    devices = input_devices()
    if not devices:
        raise UnavailableError("nothing to record from; is a microphone plugged in? See `arecord -L`")
    for device in devices:
        default = "  (default)" if device.is_default else ""
        _tell(
            f"{device.name}, {device.host_api}  "
            f"{device.channels} channels, {device.default_rate_hz} Hz{default}"
        )
    return 0


def _check(arguments: argparse.Namespace) -> int:
    from digitd.commands.check import checks
    from digitd.config import find_config, json_schema

    if arguments.schema:
        _tell(json.dumps(json_schema(), indent=2))
        return 0
    config = _config(arguments)
    found = find_config(arguments.config, os.environ)
    _tell(f"{'config':<11} ok      {found or 'no file, every key has its default'}")
    results = [_passes(name, check) for name, check in checks(config)]
    return 0 if all(results) else 1


def _forget(arguments: argparse.Namespace) -> int:
    from digitd.commands.forget import forget

    for line in forget(_config(arguments)):
        _tell(line)
    return 0


def _passes(name: str, check: Callable[[], str]) -> bool:
    try:
        _tell(f"{name:<11} ok      {check()}")
    except DigitdError as error:
        _tell(f"{name:<11} FAILED  {error}")
        return False
    return True


class _Mishaps:
    """Input files that could not be read do not keep the others from being done.

    Attributes:
        exit_code: That of the last mishap; 0 if there was none.
    """

    def __init__(self) -> None:
        self.exit_code = 0

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell a mishap inside the block and go on after it."""
        try:
            yield
        except InputError as error:
            _complain(error)
            self.exit_code = error.exit_code


def _with_progress(recordings: Sequence[str], *, shown: bool) -> Iterator[str]:
    """Count on the terminal what takes long."""
    began_at = time.monotonic()
    for done, recording in enumerate(recordings):
        if shown and time.monotonic() - began_at > PROGRESS_AFTER_S:
            print(f"\r{done}/{len(recordings)} files", end="", file=sys.stderr, flush=True)
        yield recording
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _config(arguments: argparse.Namespace) -> "Config":
    from digitd.config import load_config
    from digitd.model import ModelSettings

    config = load_config(arguments.config, os.environ)
    model = getattr(arguments, "model", None)
    return replace(config, model=ModelSettings(model)) if model else config


def _tell(line: str, *, passing: bool = False) -> None:
    if sys.stdout.isatty():
        print(f"\r\x1b[K{line}", end="" if passing else "\n", flush=True)
    elif not passing:
        print(line, flush=True)  # whoever reads a pipe wants to see it as it happens


def _complain(error: DigitdError) -> None:
    print(f"digitd: {error}", file=sys.stderr)


COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "run": _run,
    "demo": _demo,
    "detect": _detect,
    "listen": _listen,
    "devices": _devices,
    "fleet": _fleet,
    "check": _check,
    "inspect": _inspect,
    "calibrate": _calibrate,
    "forget": _forget,
}
