"""How sure both stages must be of a part of a longer sound, chosen in the scenes that the thresholds are."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from digitd.decide import DecisionSettings
from digitd.detect.segmenter import SegmenterSettings
from digitd.messages import AudioBlock, Detection
from digitd.model.bundle import Bundle
from digitd.model.cascade import Cascade
from digitd.pipeline import bar, recognise, verdicts
from digitd_training.data import ELSE, Recording
from digitd_training.examples import SceneMaker, over_scenes
from digitd_training.recipe import Budget, Recipe
from digitd_training.scenes import Placed, place_of

PARTS_ONLY = SegmenterSettings(connected=False)
"""What is a digit in a row is not asked about as a part."""

STEPS = np.linspace(0.5, 1, 501)


@dataclass(frozen=True, slots=True)
class Taken:
    """Parts that were wrongly acted on.

    Attributes:
        sure: What the model was sure of them, by the kind of what they lay in.
        seconds: How long each kind of clip went on; what lies between clips is noise, whatever it is.
        words: How many isolated words that are no keyword were played.
    """

    sure: dict[str, list[float]] = field(default_factory=dict)
    seconds: Counter[str] = field(default_factory=Counter)
    words: int = 0


def part_bar(recipe: Recipe, recordings: Sequence[Recording], bundle: Bundle) -> float:
    """Return the least posterior at which parts keep to their share of the budget; 1 where none does.

    Args:
        recipe: For its scenes and its budget.
        recordings: Of the development speakers.
        bundle: The model, with the thresholds for whole utterances that it is to have.
    """
    numbers = range(recipe.scenes, recipe.scenes + recipe.budget.scenes)
    everything = Taken()
    words = 0
    for few in over_scenes(recipe, recordings, numbers, partial(_Listening, bundle)):
        words += few.words
        everything.seconds.update(few.seconds)
        for kind, sure in few.sure.items():
            everything.sure.setdefault(kind, []).extend(sure)
    return least(replace(everything, words=words), recipe.budget)


def least(taken: Taken, budget: Budget) -> float:
    """Return the least posterior at which what was wrongly taken keeps to the budget."""
    allowed = {
        "speech": budget.speech * taken.seconds["speech"] / 3600,
        "noise": budget.noise * taken.seconds["noise"] / 3600,
        "word": budget.words * taken.words,
    }
    for step in STEPS:
        spent = {kind: np.count_nonzero(np.array(taken.sure.get(kind, [])) >= step) for kind in allowed}
        if all(spent[kind] <= budget.parts * most for kind, most in allowed.items()):
            return round(float(step), 3)
    return 1.0


class _Listening:
    """Plays scenes to the daemon's pipeline and notes what it makes of parts."""

    def __init__(self, bundle: Bundle) -> None:
        self._cascade = Cascade(bundle)
        self._bar = replace(bar(DecisionSettings(), self._cascade), part=float(STEPS[0]))

    def __call__(self, maker: SceneMaker, number: int) -> Taken:
        heard, placed = maker.scene(number)
        seconds = maker.seconds(placed)
        seconds["noise"] += len(heard) / maker.rate_hz - sum(seconds.values())  # type: ignore[assignment]  # a counter of seconds
        taken = Taken(
            seconds=seconds,
            words=sum(place.clip.whole and place.clip.label == ELSE for place in placed),
        )
        blocks = [AudioBlock(0, heard)]
        moments = recognise(blocks, PARTS_ONLY, self._cascade, lambda: self._bar, maker.rate_hz)
        for verdict in verdicts(moments):
            if isinstance(verdict, Detection) and verdict.utterance.is_part:
                kind = _wrong_in(verdict, placed)
                if kind:
                    taken.sure.setdefault(kind, []).append(verdict.score.probability)
        return taken


def _wrong_in(detection: Detection, placed: Sequence[Placed]) -> str | None:
    """Return the kind of what was taken wrongly; None where the keyword was spoken there."""
    place = place_of(detection.utterance, placed)
    if place is None:
        return "noise"
    if place.clip.label == detection.keyword:
        return None
    return place.clip.kind if place.clip.kind in {"speech", "noise"} else "word"
