"""From a recipe and recordings to labelled utterances, on all cores; the same for the same seed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing import Pool
from typing import Any, Generic, TypeVar

import numpy as np
from tqdm import tqdm

from digitd.detect.segmenter import SegmenterSettings
from digitd.errors import InputError
from digitd.features import FeatureSettings, reduced_spectrogram
from digitd.messages import Float32, Utterance
from digitd.model.embedding import SpeechEmbedding
from digitd_training import augment
from digitd_training.augment import Generator
from digitd_training.data import ELSE, Clip, Recording, clips, faded, load
from digitd_training.recipe import Recipe
from digitd_training.scenes import UNTRIMMED, Placed, Surroundings, scene, spoken
from digitd_training.sudden import sudden

RUNNING_S = 4.0
"""Running speech and noise are let in for so long at a time."""

LEAST_S, LEAST_RMS = 0.1, 1e-4
"""What is shorter or fainter is no clip but an empty file."""

FRAGMENT = (0.25, 0.45)
"""Least and greatest part of a keyword that is no keyword yet: "sev", "ix"."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Example(Generic[T]):
    """An utterance as the segmenter cut it, with what was said.

    Attributes:
        seen: What the networks see of it.
        label: A keyword, or `ELSE`.
        speaker: Who.
        source: The corpus.
        kind: `word`, `speech`, `noise`, or `fragment` of a keyword.
    """

    seen: T
    label: str
    speaker: str
    source: str
    kind: str


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the networks see of an utterance.

    Attributes:
        picture: The reduced spectrogram, shape (34, 50).
        vectors: Its speech embedding, shape (embeddings, 96); none where there is no second stage.
    """

    picture: Float32
    vectors: Float32


@dataclass(frozen=True, slots=True)
class Played(Generic[T]):
    """What came of some scenes.

    Attributes:
        examples: In the order of the scenes.
        seconds: How long each kind of clip went on.
    """

    examples: list[Example[T]] = field(default_factory=list)
    seconds: Counter[str] = field(default_factory=Counter)


class Eyes:
    """Shows utterances to both networks.

    Args:
        features: How stage one sees.
        embeddings: How many vectors stage two sees; 0 where there is none.
    """

    def __init__(self, features: FeatureSettings, embeddings: int) -> None:
        self._features = features
        self._embedding = SpeechEmbedding(embeddings) if embeddings else None

    def __call__(self, utterance: Utterance) -> Seen:
        """Return what they see."""
        vectors = self._embedding(utterance) if self._embedding else np.empty((0, 0), np.float32)
        return Seen(reduced_spectrogram(utterance.samples, self._features), vectors)


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
        recordings: Of one split.
    """

    def __init__(self, recipe: Recipe, recordings: Sequence[Recording]) -> None:
        rate_hz = recipe.features.rate_hz
        found = [
            clip
            for clip in clips([r for r in recordings if r.kind != "impulse"], rate_hz, recipe.keywords)
            if len(clip.samples) > LEAST_S * rate_hz and augment.rms(clip.samples) > LEAST_RMS
        ]
        self.rate_hz = rate_hz
        self._recipe = recipe
        self._keywords = _stock([clip for clip in found if clip.label != ELSE], recipe.keyword_weights)
        self._else = _stock([clip for clip in found if clip.label == ELSE], recipe.else_weights)
        self._surroundings = Surroundings(
            noises=[load(recording, rate_hz) for recording in recordings if recording.kind == "noise"],
            rooms=[load(recording, rate_hz) for recording in recordings if recording.kind == "impulse"],
            voices=[clip.samples for clip in found if clip.kind == "speech"],
        )

    def play(self, number: int) -> tuple[list[tuple[Utterance, Clip]], Counter[str]]:
        """Return what the segmenter cuts from this scene, and the seconds of each kind of clip."""
        heard, placed = self.scene(number)
        return spoken(heard, placed, SegmenterSettings(), self.rate_hz), self.seconds(placed)

    def scene(self, number: int) -> tuple[Float32, list[Placed]]:
        """Return what a microphone hears of this scene, and where in it each clip is."""
        recipe = self._recipe
        rng = np.random.default_rng([recipe.seed, number])
        chosen = [self._draw(rng) for _ in range(recipe.scene.clips)]
        return scene(chosen, self._surroundings, recipe.scene, self.rate_hz, rng)

    def seconds(self, placed: Sequence[Placed]) -> Counter[str]:
        """Return how long each kind of clip goes on in a scene."""
        seconds: Counter[str] = Counter()
        for place in placed:
            seconds[place.clip.kind] += (place.end - place.start) / self.rate_hz  # type: ignore[assignment]  # a counter of seconds
        return seconds

    def _draw(self, rng: Generator) -> Clip:
        if rng.uniform() < self._recipe.keyword_share:
            return self._keywords.draw(rng)
        if rng.uniform() < self._recipe.music_share:
            sound = augment.music(round(RUNNING_S * self.rate_hz), rng, self.rate_hz)
            return Clip(sound, ELSE, "synthetic", "music", "music", "noise")
        if rng.uniform() < self._recipe.sudden_share:
            return Clip(sudden(rng, self.rate_hz), ELSE, "synthetic", "sudden", "sudden", "noise")
        if rng.uniform() < self._recipe.fragment_share and not self._keywords.shares.keys() <= UNTRIMMED:
            return self._fragment(rng)
        clip = self._else.draw(rng)
        most = round(RUNNING_S * self.rate_hz)
        if clip.whole or len(clip.samples) <= most:
            return clip
        start = int(rng.integers(len(clip.samples) - most))
        return replace(clip, samples=clip.samples[start : start + most])

    def _fragment(self, rng: Generator) -> Clip:
        """A beginning or an end of a keyword."""
        word = self._keywords.draw(rng)
        while word.source in UNTRIMMED:  # nobody knows where in it the word begins
            word = self._keywords.draw(rng)
        length = round(rng.uniform(*FRAGMENT) * len(word.samples))
        piece = word.samples[:length] if rng.uniform() < 0.5 else word.samples[-length:]  # noqa: PLR2004 - a coin
        return replace(word, samples=faded(piece, self.rate_hz), label=ELSE, kind="fragment")


def play(
    recipe: Recipe,
    recordings: Sequence[Recording],
    numbers: Iterable[int],
    see: Callable[[], Callable[[Utterance], T]],
) -> Played[T]:
    """Play scenes and look at what is spoken in them.

    Args:
        recipe: What may happen.
        recordings: Of one split.
        numbers: Of the scenes.
        see: Makes, once on each core, what looks at an utterance.
    """
    everything: Played[T] = Played()
    few: Played[T]
    for few in over_scenes(recipe, recordings, numbers, partial(_Looking, see)):
        everything.examples.extend(few.examples)
        everything.seconds.update(few.seconds)
    return everything


def over_scenes(
    recipe: Recipe,
    recordings: Sequence[Recording],
    numbers: Iterable[int],
    tool: Callable[[], Callable[[SceneMaker, int], T]],
) -> Iterator[T]:
    """Do something with scenes, on all cores.

    Args:
        recipe: What may happen in them.
        recordings: Of one split.
        numbers: Of the scenes.
        tool: Makes, once on each core, what is called with the maker of the scenes and a scene's number.
    """
    numbers = list(numbers)
    with Pool(initializer=_adopt, initargs=(SceneMaker(recipe, recordings), tool)) as pool:
        yield from tqdm(pool.imap(_work, numbers, chunksize=8), "scenes", len(numbers))


class _Looking(Generic[T]):
    """Looks at all that is spoken in a scene.

    Args:
        see: Makes what looks at an utterance.
    """

    def __init__(self, see: Callable[[], Callable[[Utterance], T]]) -> None:
        self._eyes = see()

    def __call__(self, maker: SceneMaker, number: int) -> Played[T]:
        said, seconds = maker.play(number)
        return Played([self._example(utterance, clip) for utterance, clip in said], seconds)

    def _example(self, utterance: Utterance, clip: Clip) -> Example[T]:
        return Example(self._eyes(utterance), clip.label, clip.speaker, clip.source, clip.kind)


_tools: tuple[SceneMaker, Callable[[SceneMaker, int], Any]] | None = None
"""Each worker process's own; multiprocessing has no other way to hand a worker its tools once."""


def _adopt(maker: SceneMaker, tool: Callable[[], Callable[[SceneMaker, int], Any]]) -> None:
    global _tools  # noqa: PLW0603 - see _tools
    _tools = maker, tool()


def _work(number: int) -> Any:  # noqa: ANN401 - what the tool returns: the pool knows no types
    if not _tools:
        raise RuntimeError("no tools were adopted")
    maker, tool = _tools
    return tool(maker, number)


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
