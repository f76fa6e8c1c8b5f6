"""A model of one's own words is made, examined, and takes the place of the one before unless it is worse."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from digitd.errors import ConfigError
from digitd.model import SHIPPED
from digitd.model.bundle import Bundle, read_bundle
from digitd_training.data import Recording
from digitd_training.evaluation.evaluate import Report
from digitd_training.own_words.exam import Mark, examined, held_back
from digitd_training.recipe import Recipe
from digitd_training.train import train


@dataclass(frozen=True, slots=True)
class Succession:
    """What came of it.

    Attributes:
        report: On the new model; None where nobody is left to judge it by but takes held back.
        marks: Of the exam.
        made: The new model's file: the one that was wanted, or one beside it where it was refused.
    """

    report: Report | None
    marks: list[Mark]
    made: Path

    @property
    def is_refused(self) -> bool:
        """Whether the one before stays."""
        return any(mark.is_worse for mark in self.marks)


def predecessor(out: Path, named: Path | None) -> Bundle:
    """Return what the new model must not be worse than: the one named, the one there, or the shipped one.

    Raises:
        ModelError: It cannot be used.
    """
    return read_bundle(named or (out if out.exists() else SHIPPED))


def succeed(
    recipe: Recipe, recordings: Sequence[Recording], out: Path, before: Bundle, command: str
) -> Succession:
    """Make a model without the takes that are held back, and compare it on those and on other people.

    Args:
        recipe: What to make.
        recordings: What to make it of, and to judge it by.
        out: The file to write; it stays as it is where the new model is worse.
        before: The model to compare with.
        command: How to make it again, for the file's provenance.

    Raises:
        InputError: As for `train`.
        ConfigError: The two cannot be compared.
    """
    rate_hz, other_hz = recipe.features.rate_hz, before.card.features.rate_hz
    if other_hz != rate_hz:
        raise ConfigError(
            f"a model for {other_hz} Hz cannot be compared with one for {rate_hz} Hz: --against"
        )
    takes = held_back(recordings)
    spared = {one.name for one in takes if one.split == "train"}
    learned_from = [one for one in recordings if one.name not in spared]
    made = out.with_suffix(".candidate.tflite")
    report = train(recipe, learned_from, made, command)
    succession = Succession(report, examined(before, read_bundle(made), takes, recordings), made)
    if succession.is_refused:
        return succession
    made.replace(out)
    made.with_suffix(".float.tflite").replace(out.with_suffix(".float.tflite"))
    return Succession(report, succession.marks, out)
