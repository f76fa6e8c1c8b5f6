"""From a recipe and recordings to examples, on all cores; the same for the same seed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import Pool

import numpy as np
from tqdm import tqdm

from digitd.detect.segmenter import SegmenterSettings
from digitd.errors import InputError
from digitd_training import augment
from digitd_training.augment import Generator
from digitd_training.data import ELSE, Clip, Recording, clips, load
from digitd_training.recipe import Recipe
from digitd_training.scenes import Example, Surroundings, examples, scene

RUNNING_S = 4.0
"""Running speech and noise are let in for so long at a time."""

LEAST_S, LEAST_RMS = 0.1, 1e-4
"""What is shorter or fainter is no clip but an empty file."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Clips by share: corpus, then speaker.

    Attributes:
        shares: Corpus to its share, summing to 1.
        speakers: Corpus to the clips of each of its speakers.
    """

    shares: dict[str, float]
    speakers: dict[str, list[list[Clip]]]

    def draw(self, rng: Generator) -> Clip:
        """Choose a corpus by its share, then any speaker, then any clip."""
        corpus = str(rng.choice(list(self.shares), p=list(self.shares.values())))
        speaker = self.speakers[corpus][rng.integers(len(self.speakers[corpus]))]
        return speaker[rng.integers(len(speaker))]


class SceneMaker:
    """Makes the scene of a number; the same number gives the same scene, on whichever core.

    Args:
        recipe: What may happen.
        recordings: Of the training split.
    """

    def __init__(self, recipe: Recipe, recordings: Sequence[Recording]) -> None:
        rate_hz = recipe.features.rate_hz
        found = [
            clip
            for clip in clips([r for r in recordings if r.kind != "impulse"], rate_hz, recipe.keywords)
            if len(clip.samples) > LEAST_S * rate_hz and augment.rms(clip.samples) > LEAST_RMS
        ]
        self._recipe = recipe
        self._keywords = _stock([clip for clip in found if clip.label != ELSE], recipe.keyword_weights)
        self._else = _stock([clip for clip in found if clip.label == ELSE], recipe.else_weights)
        self._surroundings = Surroundings(
            [load(recording, rate_hz) for recording in recordings if recording.kind == "noise"],
            [load(recording, rate_hz) for recording in recordings if recording.kind == "impulse"],
        )

    def __call__(self, number: int) -> list[Example]:
        """Return the examples that the segmenter cuts from the scene of this number."""
        recipe = self._recipe
        rng = np.random.default_rng([recipe.seed, number])
        chosen = [self._draw(rng) for _ in range(recipe.scene.clips)]
        heard, placed = scene(chosen, self._surroundings, recipe.scene, recipe.features.rate_hz, rng)
        return examples(heard, placed, SegmenterSettings(), recipe.features)

    def _draw(self, rng: Generator) -> Clip:
        stock = self._keywords if rng.uniform() < self._recipe.keyword_share else self._else
        clip = stock.draw(rng)
        most = round(RUNNING_S * self._recipe.features.rate_hz)
        if clip.whole or len(clip.samples) <= most:
            return clip
        start = int(rng.integers(len(clip.samples) - most))
        return replace(clip, samples=clip.samples[start : start + most])


def make_examples(recipe: Recipe, recordings: Sequence[Recording]) -> list[Example]:
    """Play all scenes of a recipe."""
    maker = SceneMaker(recipe, recordings)
    found: list[Example] = []
    with Pool(initializer=_adopt, initargs=(maker,)) as pool:
        made: Iterator[list[Example]] = pool.imap(_make, range(recipe.scenes), chunksize=8)
        for few in tqdm(made, "scenes", recipe.scenes):
            found += few
    return found


_maker: SceneMaker | None = None
"""Each worker process's own; multiprocessing has no other way to hand a worker its tools once."""


def _adopt(maker: SceneMaker) -> None:
    global _maker  # noqa: PLW0603 - see _maker
    _maker = maker


def _make(number: int) -> list[Example]:
    return _maker(number) if _maker else []


def _stock(found: Sequence[Clip], weights: dict[str, float]) -> Stock:
    speakers: dict[str, dict[str, list[Clip]]] = defaultdict(lambda: defaultdict(list))
    for clip in found:
        running = not clip.whole and f"{clip.source} running" in weights
        speakers[f"{clip.source} running" if running else clip.source][clip.speaker].append(clip)
    present = {corpus: weight for corpus, weight in weights.items() if corpus in speakers}
    if not present:
        raise InputError(f"none of the recipe's corpora is among the recordings: {', '.join(weights)}")
    total = sum(present.values())
    shares = {corpus: weight / total for corpus, weight in present.items()}
    return Stock(shares, {corpus: list(speakers[corpus].values()) for corpus in present})
