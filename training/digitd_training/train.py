"""Reads top to bottom: recipe, recordings, examples, network, export, judgement, file."""

import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import tensorflow as tf

from digitd.errors import InputError
from digitd.model.bundle import Bundle, Corpus, ModelCard, Provenance, read_bundle, write_bundle
from digitd_training.corpora import CORPORA
from digitd_training.data import ELSE, Recording, digest, is_official_fsdd_test, read_manifest
from digitd_training.evaluate import Report, evaluate, least_threshold, listen, test_clips
from digitd_training.examples import make_examples
from digitd_training.export import multiplications, self_test, to_int8
from digitd_training.fit import fit
from digitd_training.recipe import Recipe
from digitd_training.scenes import pictures


def train(recipe: Recipe, folder: Path, out: Path, command: str) -> Report:
    """Make a model file and say what it is worth.

    Args:
        recipe: What to make.
        folder: Recordings with their manifest.
        out: The file to write.
        command: How to make it again, for the file's provenance.

    Returns:
        The report on the file as written.

    Raises:
        InputError: The recordings are not there, or of a corpus whose licence we do not know.
    """
    recordings = read_manifest(folder)
    learned_from = [one for one in recordings if one.split == "train" and not is_official_fsdd_test(one)]
    provenance = _provenance(recipe, learned_from, command)

    found = make_examples(recipe, learned_from)
    seen = pictures(found)
    model = fit(recipe, seen, [example.label for example in found])
    network = to_int8(model, seen)

    card = ModelCard(
        schema=1,
        name=recipe.name,
        version=recipe.version,
        labels=recipe.labels,
        rejected=(ELSE,),
        threshold=0.5,
        features=recipe.features,
        self_test=self_test(network, multiplications(model)),
        provenance=provenance,
        quality={},
    )
    write_bundle(out, network, card)
    card = msgspec.structs.replace(card, threshold=_threshold(read_bundle(out), recordings, recipe))
    write_bundle(out, network, card)
    report = evaluate(read_bundle(out), recordings)
    write_bundle(out, network, msgspec.structs.replace(card, quality=quality(report)))
    return replace(report, model=read_bundle(out).title)  # the card has grown since, the network has not


def quality(report: Report) -> dict[str, float | int | str]:
    """The report's figures, by name, as the model file carries them."""
    keywords = {f"right, {row.name}": round(row.right / row.played, 4) for row in report.keywords}
    others = {
        f"false accepts an hour, {row.name}": round(row.false_accepts / row.hours, 2) for row in report.others
    }
    return {**keywords, **others}


def _threshold(bundle: Bundle, recordings: Iterable[Recording], recipe: Recipe) -> float:
    """Choose the threshold on the development speakers' isolated other words."""
    words = [clip for clip in test_clips(recordings, bundle.card) if clip.whole and clip.label == ELSE]
    return least_threshold(listen(bundle, words), recipe.other_words_accepted) if words else 0.5


def _provenance(recipe: Recipe, recordings: Sequence[Recording], command: str) -> Provenance:
    names = sorted({recording.source for recording in recordings})
    if unknown := [name for name in names if name not in CORPORA]:
        raise InputError(f"{', '.join(unknown)}: no licence is known for this corpus; add it to corpora.py")
    return Provenance(
        corpora=tuple(_corpus(name, [one for one in recordings if one.source == name]) for name in names),
        licence=next((known.licence for name in names if (known := CORPORA[name]).share_alike), "Apache-2.0"),
        command=command,
        seed=recipe.seed,
        commit=_commit(),
        versions={
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            **{name: version(name) for name in ("digitd", "keras", "numpy", "soxr", "scipy")},
        },
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _corpus(name: str, recordings: Sequence[Recording]) -> Corpus:
    known = CORPORA[name]
    return Corpus(known.name, known.licence, known.credit, len(recordings), digest(recordings))


def _commit() -> str:
    """Name the source that runs: "unknown" where it is no checkout, "-changed" where it has been edited."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=-changed", "--abbrev=12"],  # noqa: S607 - git, wherever it is
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parent,
    )
    return described.stdout.strip() or "unknown"
