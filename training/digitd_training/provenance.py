"""Where a model comes from, as its file says: recordings, licence, source, libraries."""

import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
import tensorflow as tf

from digitd.errors import InputError
from digitd.model import SHIPPED
from digitd.model.bundle import Bundle, Corpus, Provenance, read_bundle
from digitd_training.corpora import CORPORA
from digitd_training.data import Recording, digest
from digitd_training.recipe import Recipe


def followed(origin: Provenance, command: str) -> Provenance:
    """Return the provenance of a model that was changed by another command, of the source as it is now."""
    return msgspec.structs.replace(
        origin, command=f"{origin.command}; {command}", commit=f"{origin.commit}; {commit()}"
    )


def begun_with(recipe: Recipe) -> Bundle | None:
    """Return the model that a recipe begins with."""
    return read_bundle(SHIPPED) if recipe.start == "shipped" else None


def provenance_of(recipe: Recipe, recordings: Sequence[Recording], command: str) -> Provenance:
    """Say what a model comes from; what it begins with has corpora and a licence of its own.

    Raises:
        InputError: A corpus's licence is not known.
    """
    names = sorted({recording.source for recording in recordings})
    if unknown := [name for name in names if name not in CORPORA]:
        raise InputError(
            f"{', '.join(unknown)}: no licence is known for this corpus; add it to corpora/__init__.py"
        )
    start = begun_with(recipe)
    corpora = [_corpus(name, [one for one in recordings if one.source == name]) for name in names]
    licences = [known.licence for name in names if (known := CORPORA[name]).share_alike]
    return Provenance(
        corpora=(*corpora, *(start.card.provenance.corpora if start else ())),
        licence=next(iter(licences), start.card.provenance.licence if start else "Apache-2.0"),
        command=command,
        seed=recipe.seed,
        commit=commit(),
        versions={
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            **{
                name: version(name)
                for name in ("digitd", "keras", "numpy", "pyopen-wakeword", "soxr", "scipy")
            },
        },
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _corpus(name: str, recordings: Sequence[Recording]) -> Corpus:
    known = CORPORA[name]
    return Corpus(known.name, known.licence, known.credit, len(recordings), digest(recordings))


def commit() -> str:
    """Name the source that runs: "unknown" where it is no checkout, "-changed" where it has been edited."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=-changed", "--abbrev=12"],  # noqa: S607 - git, wherever it is
            capture_output=True,
            text=True,
            check=False,
            cwd=Path(__file__).parent,
        )
    except FileNotFoundError:  # git is not installed
        return "unknown"
    return described.stdout.strip() or "unknown"
