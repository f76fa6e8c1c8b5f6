"""What may be said to `digitd`, with an example for each command."""

import argparse
import math
from pathlib import Path
from typing import Final

from digitd import __version__

LEAST_ROOM_S: Final = 4.0
MOST_ROOM_S: Final = 600.0
MOST_PAST: Final = 40
"""As many as a daemon remembers."""


def parser() -> argparse.ArgumentParser:
    """Return what understands the command line; `command` is the name of the command."""
    whole = argparse.ArgumentParser("digitd", description="Say a digit, get an MQTT message.")
    whole.add_argument("--version", action="version", version=f"digitd {__version__}")
    commands = whole.add_subparsers(metavar="COMMAND", required=True, dest="command")

    run = _command(commands, "run", "the daemon", "digitd run -c /etc/digitd/config.yaml")
    demo_text = "the whole daemon without microphone or broker: bundled speech, each message printed"
    _command(commands, "demo", demo_text, "digitd demo")
    detect = _detect_parser(commands)
    listen_text = (
        "live: level and thresholds, each utterance with its scores; looks at the running daemon, if any"
    )
    listen_example = "digitd listen\n  digitd listen --alone -c other.yaml | tee heard.txt"
    listen = _command(commands, "listen", listen_text, listen_example)
    listen.add_argument("--alone", action="store_true", help="listen by itself, though a daemon runs here")
    devices_text = "what can be recorded from, by the names that audio.device takes"
    _command(commands, "devices", devices_text, "digitd devices")
    fleet_text = "every daemon on the broker: what it hears, heard last, and what is wrong with it"
    fleet = _command(commands, "fleet", fleet_text, "digitd fleet --watch")
    fleet.add_argument("--watch", action="store_true", help="go on, and show each change")
    fleet.add_argument("--format", choices=("table", "jsonl"), default="table", help="default: table")
    check_text = "configuration, model, microphone, broker: is all there that `run` needs?"
    check = _command(commands, "check", check_text, "digitd check -c config.yaml")
    check.add_argument("--schema", action="store_true", help="print the JSON schema of config.yaml instead")
    inspect = _inspect_parser(commands)
    calibrate = _calibrate_parser(commands)
    forget_text = "clear all that the broker keeps of this daemon, and its device in Home Assistant"
    forget = _command(commands, "forget", forget_text, "digitd forget -c /etc/digitd/config.yaml")
    for command in (run, detect, listen, fleet, check, inspect, calibrate, forget):
        command.add_argument(
            *("-c", "--config"),
            type=Path,
            metavar="FILE",
            help="else $DIGITD_CONFIG, ./config.yaml, /etc/digitd/config.yaml, or every default",
        )
    return whole


def _detect_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    detect = _command(
        *(commands, "detect", "the same over recordings, as fast as it goes"),
        "digitd detect --format jsonl recordings/ kitchen.wav\n  sox in.mp3 -t wav - | digitd detect --all -",
    )
    detect.add_argument(
        *("paths",),
        nargs="+",
        metavar="PATH",
        help="WAV, FLAC, OGG, MP3; a folder; - for WAV on standard input",
    )
    detect.add_argument("--model", metavar="FILE", help="another model file than the configuration's")
    detect.add_argument("--format", choices=("table", "jsonl"), default="table", help="default: table")
    detect.add_argument("--all", action="store_true", help="tell rejected utterances, too")
    return detect


def _inspect_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    inspect = _command(
        *(
            commands,
            "inspect",
            "a picture of what is made of recordings, or was made of the room",
        ),
        "digitd inspect seven.wav -o seven.png\n"
        "  digitd inspect evening.flac --from 600 --to 630 -o evening.svg\n"
        "  digitd inspect mine/lamp -o lamp.png     # a contact sheet\n"
        "  digitd inspect --last 10 -o heard.png    # what the running daemon has heard",
    )
    what = inspect.add_mutually_exclusive_group(required=True)
    what.add_argument(
        *("--last",),
        type=int,
        choices=range(1, MOST_PAST + 1),
        metavar="N",
        help=f"instead: the last utterances of the daemon that runs here, at most {MOST_PAST}",
    )
    what.add_argument(
        *("paths",),
        nargs="*",
        default=[],
        metavar="PATH",
        help="WAV, FLAC, OGG, MP3; a folder; - for WAV on standard input; more than one give contact sheets",
    )
    inspect.add_argument(
        "-o", "--out", type=_picture, required=True, metavar="PICTURE", help="the PNG or SVG file to write"
    )
    inspect.add_argument("--model", metavar="FILE", help="another model file than the configuration's")
    inspect.add_argument(
        "--from", type=_seconds, default=0.0, dest="from_s", metavar="S", help="begin at so many seconds"
    )
    inspect.add_argument(
        "--to", type=_seconds, default=math.inf, dest="to_s", metavar="S", help="end at so many seconds"
    )
    return inspect


def _calibrate_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    calibrate = _command(
        *(
            commands,
            "calibrate",
            "listens to the room and to you, and proposes detector settings",
        ),
        "digitd calibrate\n  digitd calibrate --seconds 20 --words 10 --write -c /etc/digitd/config.yaml",
    )
    calibrate.add_argument(
        *("--seconds",),
        type=_calibrated_seconds,
        default=10.0,
        metavar="N",
        help="listen to the room for so long (10)",
    )
    calibrate.add_argument(
        "--words", type=int, choices=range(101), metavar="N", help="ask for so many (4; 0 without a terminal)"
    )
    calibrate.add_argument(
        "--write", action="store_true", help="put what is proposed into the configuration file"
    )
    return calibrate


def _calibrated_seconds(text: str) -> float:
    seconds = _seconds(text)
    if not LEAST_ROOM_S <= seconds <= MOST_ROOM_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not from {LEAST_ROOM_S:g} to {MOST_ROOM_S:g}")
    return seconds


def _picture(text: str) -> Path:
    if Path(text).suffix.lower() not in {".png", ".svg"}:
        raise argparse.ArgumentTypeError(f"{text!r} ends neither in .png nor in .svg")
    return Path(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    text: str,
    example: str,
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
