"""`digitd-train`: make a model, judge a model. The only place here that prints, catches and exits."""

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from digitd.errors import INTERRUPTED, ConfigError, DigitdError, InputError
from digitd.model.bundle import read_bundle
from digitd.numbers import DIGITS
from digitd_training.arguments import parser
from digitd_training.corpora import CORPORA

if TYPE_CHECKING:
    from pathlib import Path

    from digitd_training.own_words.record import Line
    from digitd_training.recipe import Recipe


NOT_JUDGED = (
    "Everybody who spoke the words was learned from, so that strangers may be understood worse than the "
    "takes held back. Five speakers are enough for one of them to be held out."
)

REFUSED = (
    "digitd-train: refused: it is worse than {before}, and {out} is as it was. More takes help, and labels "
    "that are right. If you want it all the same: {made}"
)

NOT_COMPARED = (
    "There was nothing to compare it with {before} by: that takes five takes of a word that both know, or "
    "recordings of people who are held out (digitd-train fetch an4)."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; return the process's exit code."""
    arguments = parser().parse_args(argv)
    os.environ.setdefault(
        "TF_CPP_MIN_LOG_LEVEL", "2"
    )  # before TensorFlow is imported: its warnings are no news
    try:
        code = COMMANDS[arguments.command](arguments)
    except DigitdError as error:
        print(f"digitd-train: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return code


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

    _require_folder(arguments.out)
    if not arguments.words and (arguments.beside_digits or arguments.against):
        raise ConfigError("--beside-digits and --against: only with --words")
    if arguments.recipe and kind_of(arguments.recipe) == "article":
        return _reproduce(arguments)
    return _make(arguments)


def _make(arguments: argparse.Namespace) -> int:
    # Here, not above: they bring TensorFlow, which `--help` and `evaluate` can do without.
    from digitd_training.data import read_manifest  # noqa: PLC0415
    from digitd_training.evaluation.markdown import main_tables  # noqa: PLC0415
    from digitd_training.recipe import read_recipe  # noqa: PLC0415
    from digitd_training.train import train  # noqa: PLC0415

    if arguments.words:
        return _make_of_own_words(arguments)
    name = arguments.recipe or "digits"
    recipe = _shortened(arguments, read_recipe(name))
    command = ["digitd-train", "train", "--recipe", name, *_shorter(arguments)]
    report = train(recipe, read_manifest(arguments.data), arguments.out, shlex.join(command))
    print(main_tables(report) if report else NOT_JUDGED)
    return 0


def _make_of_own_words(arguments: argparse.Namespace) -> int:
    from digitd_training.data import read_manifest  # noqa: PLC0415 - TensorFlow, as above
    from digitd_training.evaluation.markdown import main_tables  # noqa: PLC0415
    from digitd_training.own_words.learn import add_takes, recipe_for  # noqa: PLC0415
    from digitd_training.own_words.succession import predecessor, succeed  # noqa: PLC0415
    from digitd_training.recipe import read_recipe  # noqa: PLC0415

    name = arguments.recipe or "words"
    recipe, before = read_recipe(name), predecessor(arguments.out, arguments.against)
    for note in add_takes(arguments.words, arguments.data):
        print(note)
    recordings = read_manifest(arguments.data)
    recipe = recipe_for(recipe, recordings, beside_digits=arguments.beside_digits)
    command = ["digitd-train", "train", "--recipe", name, "--words", arguments.words.name]
    command += ["--beside-digits"] * arguments.beside_digits + _shorter(arguments)
    came = succeed(_shortened(arguments, recipe), recordings, arguments.out, before, shlex.join(command))
    print(main_tables(came.report) if came.report else NOT_JUDGED)
    for mark in came.marks:
        print(mark)
    if all(mark.before is None for mark in came.marks):
        print(NOT_COMPARED.format(before=before.title))
    if came.is_refused:
        print(REFUSED.format(before=before.title, out=arguments.out, made=came.made), file=sys.stderr)
    return 1 if came.is_refused else 0


def _calibrate(arguments: argparse.Namespace) -> int:
    from digitd_training.data import read_manifest  # noqa: PLC0415 - TensorFlow, as above
    from digitd_training.evaluation.markdown import main_tables  # noqa: PLC0415
    from digitd_training.own_words.learn import recipe_for  # noqa: PLC0415
    from digitd_training.recipe import read_recipe  # noqa: PLC0415
    from digitd_training.train import recalibrate  # noqa: PLC0415

    command = f"digitd-train calibrate --recipe {arguments.recipe}" + " --parts" * arguments.parts
    recipe, recordings = read_recipe(arguments.recipe), read_manifest(arguments.data)
    if not recipe.keywords:
        keywords = read_bundle(arguments.model).card.keywords
        recipe = recipe_for(recipe, recordings, beside_digits=set(keywords) >= DIGITS)
    report = recalibrate(recipe, recordings, arguments.model, command, only_parts=arguments.parts)
    print(main_tables(report) if report else NOT_JUDGED)
    return 0


def _leave_out(arguments: argparse.Namespace) -> int:
    from digitd_training.evaluation.leave_out import leave_out, markdown  # noqa: PLC0415 - TensorFlow, as above
    from digitd_training.recipe import read_recipe  # noqa: PLC0415

    recipe = _shortened(arguments, read_recipe(arguments.recipe))
    if arguments.json:
        _require_folder(arguments.json)
    command = ["digitd-train", "leave-out", arguments.source, "--recipe", arguments.recipe]
    found = []
    for left in leave_out(
        recipe, arguments.data, arguments.source, shlex.join(command + _shorter(arguments))
    ):
        found.append(left)
        print(f"{left.speaker}: {left.recognisers[0].keywords[0].share:.1%} right", flush=True)
        if arguments.json:
            arguments.json.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    print(markdown(found))
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


def _reproduce(arguments: argparse.Namespace) -> int:
    from digitd_training.article.baseline import markdown, reproduce  # noqa: PLC0415
    from digitd_training.article.protocols import ArticleRecipe  # noqa: PLC0415 - as above
    from digitd_training.recipe import read_recipe_as  # noqa: PLC0415

    recipe = read_recipe_as(arguments.recipe, ArticleRecipe)
    if arguments.scenes or arguments.words:
        raise ConfigError("--scenes and --words: the article's recipe knows neither; leave them out")
    if arguments.epochs:
        recipe = replace(recipe, epochs=arguments.epochs)
    outcomes = reproduce(recipe, arguments.data)
    tables = markdown(recipe, outcomes)
    print(tables)
    arguments.out.with_suffix(".md").write_text(tables, encoding="utf-8")
    arguments.out.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(outcomes)))
    return 0


def _require_folder(file: "Path") -> None:
    """Complain an hour too early rather than a moment too late."""
    if not file.parent.is_dir():
        raise InputError(f"{file.parent}: no such folder to write {file.name} to")


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


def _strings(arguments: argparse.Namespace) -> int:
    from digitd_training.data import read_manifest  # noqa: PLC0415 - SciPy, as above
    from digitd_training.evaluation.rivals import pocketsphinx_strings  # noqa: PLC0415
    from digitd_training.evaluation.strings import string_clips, string_table, strings  # noqa: PLC0415

    bundle = read_bundle(arguments.model)
    clips = string_clips(read_manifest(arguments.data), bundle.card.features.rate_hz, arguments.split)
    if not clips:
        raise InputError(f"{arguments.data}: no strings of digits in the split {arguments.split!r}")
    rivals = [pocketsphinx_strings(bundle, clips)] if arguments.rivals else []  # first: it may be missing
    print(f"Model `{bundle.title}`.\n\n{string_table([*strings(bundle, clips), *rivals])}")
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


COMMANDS = {
    "fetch": _fetch,
    "train": _train,
    "evaluate": _evaluate,
    "strings": _strings,
    "record": _record,
    "calibrate": _calibrate,
    "leave-out": _leave_out,
}
