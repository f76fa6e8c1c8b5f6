"""`digitd-train`: make a model, judge a model. The only place here that prints, catches and exits."""

import argparse
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from digitd.errors import ConfigError, DigitdError, InputError
from digitd.model import SHIPPED
from digitd.model.bundle import read_bundle
from digitd_training.corpora import CORPORA

if TYPE_CHECKING:
    from digitd_training.own_words.record import Line
    from digitd_training.recipe import Recipe


NOT_JUDGED = (
    "Everybody who spoke the words was learned from, so that nobody is left to judge the model by: try it "
    "with `digitd listen`. Five speakers are enough for one of them to be held out."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the process's exit code."""
    arguments = _parser().parse_args(argv)
    os.environ.setdefault(
        "TF_CPP_MIN_LOG_LEVEL", "2"
    )  # before TensorFlow is imported: its warnings are no news
    try:
        code: int = arguments.command(arguments)
    except DigitdError as error:
        print(f"digitd-train: {error}", file=sys.stderr)
        return error.exit_code
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "digitd-train", description="Make and judge the models that digitd uses."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_fetch(commands)
    train = _command(
        commands,
        "train",
        "make a model file from recordings",
        "digitd-train train --data recordings -o digits.tflite",
    )
    train.add_argument(
        "--recipe", help="a recipe file or the name of a shipped one: digits (the default), words, article"
    )
    train.add_argument("--data", type=Path, required=True, help="folder of recordings with a manifest.csv")
    train.add_argument(
        "-o", "--out", type=Path, required=True, help="the model file to write, or the article's tables"
    )
    _add_shorter(train)
    train.add_argument(
        "--words", type=Path, metavar="DIR", help="learn the words of DIR/word/speaker_take.wav instead"
    )
    train.add_argument("--beside-digits", action="store_true", help="with --words: the digits stay")
    train.set_defaults(command=_train)
    _add_evaluate(commands)
    draw = _command(
        commands,
        "draw",
        "draw a recording as the detector and the network see it",
        "digitd-train draw seven.wav -o seven.png",
    )
    draw.add_argument("recording", type=Path, help="WAV, FLAC or OGG")
    draw.add_argument("-o", "--out", type=Path, required=True, help="PNG or SVG to write")
    draw.add_argument("--model", type=Path, default=SHIPPED, help="model file (the shipped one)")
    draw.set_defaults(command=_draw)
    _add_record(commands)
    _add_calibrate(commands)
    _add_leave_out(commands)
    return parser


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    evaluate = _command(
        commands,
        "evaluate",
        "measure a model file through the daemon's own pipeline",
        "digitd-train evaluate --data recordings\n"
        "  digitd-train evaluate digits.tflite --data recordings --rivals --out report",
    )
    evaluate.add_argument("model", type=Path, nargs="?", default=SHIPPED, help="model file (the shipped one)")
    evaluate.add_argument("--data", type=Path, required=True, help="folder of recordings with a manifest.csv")
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
    evaluate.set_defaults(command=_evaluate)


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
    fetch.set_defaults(command=_fetch)


def _add_shorter(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scenes", type=int, help="play fewer scenes than the recipe says, to try something"
    )
    command.add_argument("--epochs", type=int, help="fewer epochs than the recipe says, to try something")


def _add_calibrate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    calibrate = _command(
        commands,
        "calibrate",
        "choose a model's thresholds anew, for its recipe's budget of false accepts",
        "digitd-train calibrate words.tflite --recipe stricter.yaml --data recordings",
    )
    calibrate.add_argument("model", type=Path, help="model file; it is written again")
    calibrate.add_argument("--recipe", default="digits", help="a recipe file or the name of a shipped one")
    calibrate.add_argument(
        "--data", type=Path, required=True, help="folder of recordings with a manifest.csv"
    )
    calibrate.set_defaults(command=_calibrate)


def _add_leave_out(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    leave_out = _command(
        commands,
        "leave-out",
        "leave out each speaker of a corpus in turn: a model for each, by the same recipe",
        "digitd-train leave-out fsdd --data recordings --json leave-out.json",
    )
    leave_out.add_argument("source", metavar="CORPUS", help="whose speakers")
    leave_out.add_argument("--recipe", default="digits", help="a recipe file or the name of a shipped one")
    leave_out.add_argument(
        "--data", type=Path, required=True, help="folder of recordings with a manifest.csv"
    )
    leave_out.add_argument("--json", type=Path, help="write the figures here too")
    _add_shorter(leave_out)
    leave_out.set_defaults(command=_leave_out)


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
    record.set_defaults(command=_record)


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


def _fetch(arguments: argparse.Namespace) -> int:
    from digitd_training.corpora.fetch import fetch  # noqa: PLC0415 - soundfile, which `--help` can do without

    for name in arguments.corpora:
        done = fetch(name, arguments.to, CORPORA[name].archive, arguments.local, arguments.mirror)
        for reason in done.left_out:
            print(f"digitd-train: left out: {reason}", file=sys.stderr)
        print(f"{name}: {done.summary}; {len(done.left_out)} left out")
        for note in done.notes:
            print(f"  {note}")
    print(f"{arguments.to / 'manifest.csv'}: {done.total} recordings")
    return 0


def _train(arguments: argparse.Namespace) -> int:
    from digitd_training.recipe import kind_of  # noqa: PLC0415 - SciPy, which `--help` can do without

    if arguments.recipe and kind_of(arguments.recipe) == "article":
        return _reproduce(arguments)
    return _make(arguments)


def _make(arguments: argparse.Namespace) -> int:
    # Here, not above: they bring TensorFlow, which `--help` and `evaluate` can do without.
    from digitd_training.evaluation.markdown import main_tables  # noqa: PLC0415
    from digitd_training.recipe import read_recipe  # noqa: PLC0415
    from digitd_training.train import train  # noqa: PLC0415

    name = arguments.recipe or ("words" if arguments.words else "digits")
    recipe = read_recipe(name)
    command = ["digitd-train", "train", "--recipe", name]
    if arguments.words:
        recipe = _own_words(arguments, recipe)
        command += ["--words", arguments.words.name, *["--beside-digits"] * arguments.beside_digits]
    recipe = _shortened(arguments, recipe)
    command += _shorter(arguments)
    report = train(recipe, arguments.data, arguments.out, shlex.join(command))
    print(main_tables(report) if report else NOT_JUDGED)
    return 0


def _calibrate(arguments: argparse.Namespace) -> int:
    from digitd_training.evaluation.markdown import main_tables  # noqa: PLC0415 - TensorFlow, as above
    from digitd_training.recipe import read_recipe  # noqa: PLC0415
    from digitd_training.train import recalibrate  # noqa: PLC0415

    command = f"digitd-train calibrate --recipe {arguments.recipe}"
    recipe = read_recipe(arguments.recipe)
    print(main_tables(recalibrate(recipe, arguments.data, arguments.model, command)))
    return 0


def _leave_out(arguments: argparse.Namespace) -> int:
    from digitd_training.evaluation.leave_out import leave_out, markdown  # noqa: PLC0415 - TensorFlow, as above
    from digitd_training.recipe import read_recipe  # noqa: PLC0415

    recipe = _shortened(arguments, read_recipe(arguments.recipe))
    command = ["digitd-train", "leave-out", arguments.source, "--recipe", arguments.recipe]
    found = leave_out(recipe, arguments.data, arguments.source, shlex.join(command + _shorter(arguments)))
    print(markdown(found))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    return 0


def _shortened(arguments: argparse.Namespace, recipe: "Recipe") -> "Recipe":
    if arguments.scenes:
        recipe = replace(recipe, scenes=arguments.scenes)
    if arguments.epochs:
        recipe = replace(recipe, fit=replace(recipe.fit, epochs=arguments.epochs))
    return recipe


def _shorter(arguments: argparse.Namespace) -> list[str]:
    """What of a command says that less is done than the recipe wants."""
    said = [("--scenes", arguments.scenes), ("--epochs", arguments.epochs)]
    return [word for option, number in said if number for word in (option, str(number))]


def _own_words(arguments: argparse.Namespace, recipe: "Recipe") -> "Recipe":
    from digitd_training.data import read_manifest  # noqa: PLC0415 - SciPy, as above
    from digitd_training.own_words.learn import add_takes, recipe_for  # noqa: PLC0415

    for note in add_takes(arguments.words, arguments.data):
        print(note)
    return recipe_for(recipe, read_manifest(arguments.data), beside_digits=arguments.beside_digits)


def _reproduce(arguments: argparse.Namespace) -> int:
    from digitd_training.article.baseline import markdown, reproduce  # noqa: PLC0415
    from digitd_training.article.protocols import ArticleRecipe  # noqa: PLC0415 - as above
    from digitd_training.recipe import read_recipe_as  # noqa: PLC0415

    recipe = read_recipe_as(arguments.recipe, ArticleRecipe)
    if arguments.scenes:
        raise ConfigError("--scenes: the article's recipe plays none; leave it out")
    if not arguments.out.parent.is_dir():  # an hour too early rather than a moment too late
        raise InputError(f"{arguments.out.parent}: no such folder to write the tables to")
    if arguments.epochs:
        recipe = replace(recipe, epochs=arguments.epochs)
    outcomes = reproduce(recipe, arguments.data)
    tables = markdown(recipe, outcomes)
    print(tables)
    arguments.out.with_suffix(".md").write_text(tables, encoding="utf-8")
    arguments.out.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(outcomes)))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    # Here, not above: SciPy and matplotlib, which `--help` and the others can do without.
    from digitd_training.data import read_manifest  # noqa: PLC0415
    from digitd_training.evaluation.evaluate import evaluate  # noqa: PLC0415
    from digitd_training.evaluation.markdown import main_tables  # noqa: PLC0415
    from digitd_training.evaluation.recognisers import unrounded  # noqa: PLC0415
    from digitd_training.evaluation.report import make_folder, write  # noqa: PLC0415
    from digitd_training.evaluation.rivals import rivals  # noqa: PLC0415

    bundle = read_bundle(arguments.model)
    more = unrounded(bundle, arguments.unrounded) if arguments.unrounded else []
    more += rivals(bundle) if arguments.rivals else []
    if arguments.out:  # now, not after a quarter of an hour
        make_folder(arguments.out)
    quick = arguments.quick or not arguments.out
    given = {"--quick": arguments.quick, "--rivals": arguments.rivals, "--float": arguments.unrounded}
    command = " ".join(["digitd-train evaluate", *(option for option, value in given.items() if value)])
    report = evaluate(bundle, read_manifest(arguments.data), more, quick=quick, command=command)
    print(main_tables(report))
    if arguments.out:
        write(report, arguments.out)
    return 0


def _draw(arguments: argparse.Namespace) -> int:
    from digitd_training.evaluation.report import draw  # noqa: PLC0415 - matplotlib, which the others can do without

    draw(arguments.recording, read_bundle(arguments.model), arguments.out)
    return 0


def _record(arguments: argparse.Namespace) -> int:
    from digitd.config import load_config  # noqa: PLC0415 - the others need no configuration
    from digitd_training.own_words.record import Wanted, record  # noqa: PLC0415 - nor a source of audio
    from digitd_training.own_words.shelf import Shelf  # noqa: PLC0415

    config = load_config(arguments.config, os.environ)
    if arguments.device:
        config = replace(config, audio=replace(config.audio, source="microphone", device=arguments.device))
    wanted = Wanted(tuple(dict.fromkeys(arguments.words)), arguments.takes, arguments.room)
    shelf = Shelf(arguments.out, arguments.speaker)
    _show(record(config, wanted, shelf, np.random.default_rng(), sys.stdin))
    return 1 if wanted.missing(shelf) else 0


def _show(lines: "Iterable[Line]") -> None:
    """Print lines; what is passing is rewritten in its place on a terminal, and left out of a log."""
    erase = "\r\x1b[K" if sys.stdout.isatty() else ""
    try:
        for line in lines:
            if erase and line.passing:
                columns = shutil.get_terminal_size().columns
                print(f"{erase}{line.text[: columns - 1]}", end="", flush=True)
            elif not line.passing:
                print(f"{erase}{line.text}", flush=True)
    finally:
        print(end=erase, flush=True)


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
