"""The article that this began with: its pictures, its recordings, its split, and stricter ones.

"Audio Classification Using CNN - An Experiment" plots each recording of the Free Spoken Digit Dataset (FSDD)
and trains a small network on the plots
(https://medium.com/x8-the-ai-community/audio-classification-using-cnn-coding-example-f9cbd272269e, its code
at https://github.com/rishisidhu/CNN_spoken_digit).

The article's: the network, Adam, ten epochs; the drawing of the spectrogram; the 2,000 recordings of four
speakers, of which 200 at random are the test set; to draw them whole, because its rule for onset and offset
cuts what the microphone hears, not what it learns from; and to report the best of the ten epochs on that test
set, 94 % for the waveform and 97 % for the spectrogram.

Our reading: its code shows the waveform only larger, with axes and a title; we draw the bare line, as its
spectrogram is drawn bare. On one draw of its split that comes to 71 % at best, not 94 %; a thinner line to
70 %, the line with axes to 67 %.

Ours: larger batches; FSDD's official split, each speaker left out, figures after the last epoch, confusions
counted; and no test picture left empty, as by an oversight of its code the first one is.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Meta
from tqdm import tqdm

from digitd.errors import InputError
from digitd.features import ARTICLE, reduced_spectrogram
from digitd.messages import Float32
from digitd_training.article.waveform import reduced_waveform
from digitd_training.data import Recording, is_official_fsdd_test, load, read_manifest

Indices = npt.NDArray[np.intp]
Picture = Literal["waveform", "spectrogram"]
Protocol = Literal["random", "official", "speaker left out"]

DRAW: dict[Picture, Callable[[Float32], Float32]] = {
    "waveform": reduced_waveform,
    "spectrogram": partial(reduced_spectrogram, settings=ARTICLE),
}


@dataclass(frozen=True, slots=True)
class ArticleRecipe:
    """How the article is reproduced.

    Attributes:
        kind: Tells this recipe from one of a model for the daemon.
        seed: Of every random choice.
        speakers: Those that FSDD had when the article was written.
        test_takes: How many takes of each digit by each of them are its test set.
        epochs: Times that every picture is seen.
        batch: Pictures to a step.
        learning_rate: Adam's.
        random_splits: How often the article's split is drawn anew.
        reported: Share of the test set that the article reports as right, by picture.
    """

    kind: Literal["article"]
    seed: int
    speakers: tuple[str, ...]
    test_takes: Annotated[int, Meta(ge=1)]
    epochs: Annotated[int, Meta(ge=1)]
    batch: Annotated[int, Meta(ge=1)]
    learning_rate: Annotated[float, Meta(gt=0)]
    random_splits: Annotated[int, Meta(ge=1)]
    reported: dict[Picture, float]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Who is learned from, and who is tested on.

    Attributes:
        protocol: By which rule.
        case: Which of the rule's splits: the number of the draw, or the speaker left out.
        train: Indices of recordings.
        test: Indices of recordings.
    """

    protocol: Protocol
    case: str
    train: Indices
    test: Indices


def read_fsdd(folder: Path) -> list[Recording]:
    """Read the manifest's recordings of FSDD, in the order of their names.

    Raises:
        InputError: There is none.
    """
    recordings = [one for one in read_manifest(folder) if one.source == "fsdd"]
    if not recordings:
        raise InputError(f"{folder}: nothing of the Free Spoken Digit Dataset (source fsdd) in its manifest")
    return sorted(recordings, key=lambda recording: recording.name)


def draw(recordings: Sequence[Recording], picture: Picture) -> Float32:
    """Draw whole recordings, shape (n, 34, 50)."""
    bar = tqdm(recordings, f"{picture}s", disable=None)
    return np.stack([DRAW[picture](load(recording, ARTICLE.rate_hz)) for recording in bar])


def splits(recipe: ArticleRecipe, recordings: Sequence[Recording]) -> Iterator[Split]:
    """Yield the article's random splits, FSDD's official one, and one for each speaker left out."""
    indices = np.arange(len(recordings))
    speakers = np.array([recording.speaker for recording in recordings])
    theirs = np.isin(speakers, recipe.speakers)
    for number in range(recipe.random_splits):
        chosen = np.isin(indices, _drawn(recipe, recordings, number))
        yield Split("random", str(number + 1), indices[theirs & ~chosen], indices[chosen])
    official = np.array([is_official_fsdd_test(recording) for recording in recordings])
    yield Split("official", "takes 0 to 4", indices[~official], indices[official])
    for speaker in sorted(set(speakers.tolist())):
        out = speakers == speaker
        yield Split("speaker left out", speaker.removeprefix("fsdd-"), indices[~out], indices[out])


def _drawn(recipe: ArticleRecipe, recordings: Sequence[Recording], number: int) -> list[int]:
    """Draw takes of each digit by each speaker; like the article, never the first by name."""
    takes: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, recording in enumerate(recordings):
        if recording.speaker in recipe.speakers:
            takes[recording.label, recording.speaker].append(index)
    rng = np.random.default_rng([recipe.seed, number])
    drawn = [rng.choice(few[1:], recipe.test_takes, replace=False) for few in takes.values()]
    return [int(index) for few in drawn for index in few]
