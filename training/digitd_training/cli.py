"""`digitd-train`: make a model, judge a model. The only place here that prints, catches and exits."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from digitd.errors import DigitdError
from digitd.model import SHIPPED
from digitd.model.bundle import read_bundle


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
    train = _command(
        commands,
        "train",
        "make a model file from recordings",
        "digitd-train train --data recordings -o digits.tflite",
    )
    train.add_argument(
        "--recipe", default="digits", help="a recipe file or the name of a shipped one (digits)"
    )
    train.add_argument("--data", type=Path, required=True, help="folder of recordings with a manifest.csv")
    train.add_argument("-o", "--out", type=Path, required=True, help="the model file to write")
    train.add_argument("--scenes", type=int, help="play fewer scenes than the recipe says, to try something")
    train.add_argument("--epochs", type=int, help="fewer epochs than the recipe says, to try something")
    train.set_defaults(command=_train)
    evaluate = _command(
        commands,
        "evaluate",
        "measure a model file through the daemon's own pipeline",
        "digitd-train evaluate --data recordings",
    )
    evaluate.add_argument("model", type=Path, nargs="?", default=SHIPPED, help="model file (the shipped one)")
    evaluate.add_argument("--data", type=Path, required=True, help="folder of recordings with a manifest.csv")
    evaluate.add_argument("--threshold", type=float, default=0.0, help="least posterior (the model's own)")
    evaluate.add_argument("--json", type=Path, help="write the figures here too")
    evaluate.set_defaults(command=_evaluate)
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
    return parser


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


def _train(arguments: argparse.Namespace) -> int:
    # Here, not above: they bring TensorFlow, which `--help` and `evaluate` can do without.
    from digitd_training.evaluate import markdown  # noqa: PLC0415
    from digitd_training.recipe import read_recipe  # noqa: PLC0415
    from digitd_training.train import train  # noqa: PLC0415

    recipe = read_recipe(arguments.recipe)
    command = ["digitd-train", "train", "--recipe", arguments.recipe]
    if arguments.scenes:
        recipe = replace(recipe, scenes=arguments.scenes)
        command += ["--scenes", str(arguments.scenes)]
    if arguments.epochs:
        recipe = replace(recipe, fit=replace(recipe.fit, epochs=arguments.epochs))
        command += ["--epochs", str(arguments.epochs)]
    print(markdown(train(recipe, arguments.data, arguments.out, shlex.join(command))))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    from digitd_training.data import read_manifest  # noqa: PLC0415 - SciPy, which `--help` can do without
    from digitd_training.evaluate import evaluate, markdown  # noqa: PLC0415

    report = evaluate(read_bundle(arguments.model), read_manifest(arguments.data), arguments.threshold)
    print(markdown(report))
    if arguments.json:
        arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return 0


def _draw(arguments: argparse.Namespace) -> int:
    from digitd_training.report import draw  # noqa: PLC0415 - matplotlib, which the others can do without

    draw(arguments.recording, read_bundle(arguments.model), arguments.out)
    return 0
