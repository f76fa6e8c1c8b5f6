"""What may be said to `digitd-train`, with an example for each command."""

import argparse
import os
import re
from pathlib import Path

from digitd.model import SHIPPED
from digitd_training.corpora import CORPORA


def parser() -> argparse.ArgumentParser:
    """Return what understands the command line; `command` is the name of the command."""
    whole = argparse.ArgumentParser("digitd-train", description="Make and judge the models that digitd uses.")
    commands = whole.add_subparsers(required=True, metavar="COMMAND", dest="command")
    _add_fetch(commands)
    train = _command(
        commands,
        "train",
        "make a model file from recordings",
        "digitd-train train --data recordings -o digits.tflite",
    )
    train.add_argument(
        "--recipe",
        help="a recipe file or the name of a shipped one: digits (the default), words (the default with "
        "--words), article",
    )
    _add_recordings(train)
    train.add_argument(
        "-o", "--out", type=Path, required=True, help="the model file to write, or the article's tables"
    )
    _add_shorter(train)
    train.add_argument(
        "--words", type=Path, metavar="DIR", help="learn the words of DIR/word/speaker_take.wav instead"
    )
    train.add_argument("--beside-digits", action="store_true", help="with --words: the digits stay")
    train.add_argument(
        "--against",
        type=Path,
        metavar="MODEL",
        help="with --words: refuse a model that is worse than this one (than what -o would replace, else the "
        "shipped one)",
    )
    _add_evaluate(commands)
    _add_strings(commands)
    _add_record(commands)
    _add_calibrate(commands)
    _add_leave_out(commands)
    return whole


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    evaluate = _command(
        commands,
        "evaluate",
        "measure a model file through the daemon's own pipeline",
        "digitd-train evaluate --data recordings\n"
        "  digitd-train evaluate digits.tflite --data recordings --rivals --out report",
    )
    evaluate.add_argument("model", type=Path, nargs="?", default=SHIPPED, help="model file (the shipped one)")
    _add_recordings(evaluate)
    evaluate.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write report.md, report.json and pictures there; a quarter of an hour",
    )
    evaluate.add_argument(
        "--quick", action="store_true", help="leave noise and reverberation out of the report; two minutes"
    )
    evaluate.add_argument(
        "--rivals", action="store_true", help="PocketSphinx too; needs pip install 'digitd[pocketsphinx]'"
    )
    evaluate.add_argument(
        "--float",
        type=Path,
        dest="unrounded",
        metavar="FILE",
        help="stage one in floating point too, which train writes beside a model",
    )


def _add_strings(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    strings = _command(
        commands,
        "strings",
        "measure a model file on digits said without a pause between them",
        "digitd-train strings --data recordings --rivals",
    )
    strings.add_argument("model", type=Path, nargs="?", default=SHIPPED, help="model file (the shipped one)")
    _add_recordings(strings)
    strings.add_argument(
        "--rivals", action="store_true", help="PocketSphinx too; needs pip install 'digitd[pocketsphinx]'"
    )
    strings.add_argument(
        "--split", choices=("dev", "train"), default="dev", help="whose strings (dev); train is for trials"
    )


def _add_fetch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    fetch = _command(
        commands,
        "fetch",
        "bring recordings into one folder, listed in one manifest",
        "digitd-train fetch fsdd speech-commands an4 --to recordings\n"
        "  digitd-train fetch an4 --from /media/usb/an4 --to recordings\n"
        "  digitd-train fetch words --from my-words --to recordings   # my-words/word/speaker_take.wav",
    )
    published = [name for name, corpus in CORPORA.items() if corpus.archive]
    others = [name for name in CORPORA if name not in published]
    fetch.add_argument(
        "corpora",
        nargs="+",
        choices=list(CORPORA),
        metavar="CORPUS",
        help=f"{', '.join(published)}; with --from also {', '.join(others)}",
    )
    fetch.add_argument("--to", type=Path, required=True, help="folder of recordings; its manifest.csv grows")
    fetch.add_argument(
        "--from", type=Path, dest="local", metavar="DIR", help="take a local copy, do not download"
    )
    fetch.add_argument(
        "--mirror",
        default=os.environ.get("DIGITD_MIRROR", ""),
        metavar="URL",
        help="download from this folder instead of where it is published ($DIGITD_MIRROR)",
    )


def _add_recordings(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", type=Path, required=True, help="folder of recordings with a manifest.csv")


def _add_recipe(command: argparse.ArgumentParser) -> None:
    command.add_argument("--recipe", default="digits", help="a recipe file or the name of a shipped one")


def _add_shorter(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scenes", type=_positive, help="play fewer scenes than the recipe says, to try something"
    )
    command.add_argument(
        "--epochs", type=_positive, help="fewer epochs than the recipe says, to try something"
    )


def _add_calibrate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    calibrate = _command(
        commands,
        "calibrate",
        "choose a model's thresholds anew, for its recipe's budget of false accepts",
        "digitd-train calibrate words.tflite --recipe stricter.yaml --data recordings",
    )
    calibrate.add_argument("model", type=Path, help="model file; it is written again")
    calibrate.add_argument(
        "--parts", action="store_true", help="choose only how sure it must be of parts of longer sounds"
    )
    _add_recipe(calibrate)
    _add_recordings(calibrate)


def _add_leave_out(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    leave_out = _command(
        commands,
        "leave-out",
        "leave out each speaker of a corpus in turn: a model for each, by the same recipe",
        "digitd-train leave-out fsdd --epochs 6 --data recordings --json leave-out.json",
    )
    leave_out.add_argument("source", metavar="CORPUS", help="whose speakers")
    _add_recipe(leave_out)
    _add_recordings(leave_out)
    leave_out.add_argument("--json", type=Path, help="write the figures here too")
    _add_shorter(leave_out)


def _add_record(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    record = _command(
        commands,
        "record",
        "record your own words: it asks, you speak, each take is kept in its word's folder",
        "digitd-train record go stop lamp --speaker anna --takes 15 --room 10 -o recordings/mine",
    )
    record.add_argument("words", nargs="+", type=_word, metavar="WORD", help="what to ask for")
    record.add_argument("--speaker", type=_speaker, required=True, help="who speaks; no _ in it")
    record.add_argument("--takes", type=_positive, default=15, help="so many of each word in all (15)")
    record.add_argument(
        "--room", type=_positive, default=0, metavar="SECONDS", help="keep so much of the quiet room first"
    )
    record.add_argument("-o", "--out", type=Path, required=True, help="the folder of the words' folders")
    record.add_argument(
        "-c", "--config", type=Path, metavar="FILE", help="microphone and detector; looked for as by digitd"
    )
    record.add_argument("--device", help="another microphone than the configuration's; see digitd devices")


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, does: str, example: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=does,
        description=does.capitalize() + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _word(text: str) -> str:
    if not re.fullmatch(r"[^\W_](?:[\w' -]{0,62}\w)?", text):
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be the name of a folder: at most 64 letters, digits, spaces, hyphens, "
            "apostrophes and underscores, the first one a letter or digit"
        )
    return text


def _speaker(text: str) -> str:
    if not re.fullmatch(r"[^\W_](?:(?:[^\W_]|-){0,62}[^\W_])?", text):
        raise argparse.ArgumentTypeError(
            f"{text!r}: at most 64 letters, digits and hyphens; an underscore parts the speaker from the "
            "number of the take"
        )
    return text


def _positive(text: str) -> int:
    if not re.fullmatch(r"[1-9]\d{0,3}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 9999")
    return int(text)
