"""The article's network, trained and judged by every protocol; the tables.

Shares of right answers are measured as the article measures them: on the Keras network, on whole recordings,
each of them taken for one of ten digits. In the daemon such a network would be worth less.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import get_args

import keras
import numpy as np
from keras import layers
from tqdm import tqdm

from digitd.features import BANDS, FRAMES
from digitd.messages import Float32
from digitd_training.article.protocols import (
    DRAW,
    ArticleRecipe,
    Indices,
    Picture,
    Protocol,
    draw,
    read_fsdd,
    splits,
)
from digitd_training.data import DIGITS
from digitd_training.evaluation.tables import table

ONE, NINE = 1, 9
"""The article: "9s and 1s sound similar and thus the model is sometimes confused between the two"."""


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What is learned from or tested on.

    Attributes:
        pictures: Shape (n, 34, 50).
        digits: Of each picture, shape (n,).
    """

    pictures: Float32
    digits: Indices

    def __getitem__(self, chosen: Indices) -> "Examples":
        return Examples(self.pictures[chosen], self.digits[chosen])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one training came to.

    Attributes:
        protocol: Of its split.
        case: Of its split.
        picture: What the network saw.
        trained_on: How many recordings.
        right_by_epoch: Share of the test recordings that were right after each epoch.
        confusion: After the last epoch, how often a spoken digit (row) was taken for one (column).
    """

    protocol: Protocol
    case: str
    picture: Picture
    trained_on: int
    right_by_epoch: list[float]
    confusion: list[list[int]]

    @property
    def tested_on(self) -> int:
        """How many recordings."""
        return sum(map(sum, self.confusion))


def reproduce(recipe: ArticleRecipe, folder: Path) -> list[Outcome]:
    """Train on both pictures by every protocol: 16 trainings as shipped, some minutes each.

    Raises:
        InputError: The recordings are not there.
    """
    recordings = read_fsdd(folder)
    digits = np.array([int(recording.label) for recording in recordings])
    seen = {picture: Examples(draw(recordings, picture), digits) for picture in DRAW}
    plan = [(split, picture) for split in splits(recipe, recordings) for picture in DRAW]
    outcomes = []
    with tqdm(desc="epochs", total=len(plan) * recipe.epochs, disable=None) as bar:
        after_epoch = keras.callbacks.LambdaCallback(on_epoch_end=lambda _epoch, _logs: bar.update())
        for split, picture in plan:
            bar.set_postfix_str(f"{split.protocol} {split.case}, {picture}")
            train, test = seen[picture][split.train], seen[picture][split.test]
            model, right_by_epoch = _fit(recipe, train, test, after_epoch)
            confusion = _confusion(model, test)
            outcomes.append(
                Outcome(split.protocol, split.case, picture, len(split.train), right_by_epoch, confusion)
            )
    return outcomes


def article_cnn() -> keras.Model:
    """The article's network: 2.8 million parameters, nearly all of them before the 128 units."""
    picture = keras.Input((BANDS, FRAMES, 1))
    hidden = layers.Conv2D(32, 3, activation="relu")(picture)
    hidden = layers.Conv2D(64, 3, activation="relu")(hidden)
    hidden = layers.Dropout(0.25)(layers.MaxPooling2D(2)(hidden))
    hidden = layers.Dense(128, activation="relu")(layers.Flatten()(hidden))
    hidden = layers.Dropout(0.5)(hidden)
    return keras.Model(picture, layers.Dense(len(DIGITS), activation="softmax")(hidden))


def markdown(recipe: ArticleRecipe, outcomes: Sequence[Outcome]) -> str:
    """Write what it came to as tables."""
    return f"{_shares(recipe, outcomes)}\n\n{_confusions(outcomes)}\n"


def _fit(
    recipe: ArticleRecipe, train: Examples, test: Examples, after_epoch: keras.callbacks.Callback
) -> tuple[keras.Model, list[float]]:
    keras.utils.set_random_seed(recipe.seed)
    model = article_cnn()
    model.compile(
        keras.optimizers.Adam(recipe.learning_rate),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        jit_compile=False,  # XLA, Keras's choice, takes twice as long for it on a processor
    )
    history = model.fit(
        train.pictures[..., None],
        train.digits,
        recipe.batch,
        recipe.epochs,
        validation_data=(test.pictures[..., None], test.digits),
        callbacks=[after_epoch],
        verbose=0,
    )
    return model, history.history["val_accuracy"]


def _confusion(model: keras.Model, test: Examples) -> list[list[int]]:
    heard = np.asarray(model(test.pictures[..., None])).argmax(axis=1)
    counts = np.zeros((len(DIGITS), len(DIGITS)), int)
    np.add.at(counts, (test.digits, heard), 1)
    table: list[list[int]] = counts.tolist()
    return table


def _shares(recipe: ArticleRecipe, outcomes: Sequence[Outcome]) -> str:
    random, official, left_out = (
        [one for one in outcomes if one.protocol == protocol] for protocol in get_args(Protocol)
    )
    reported = (f"{recipe.reported[picture]:.0%}" for picture in DRAW)
    rows = [
        ["the article's figure: its split, best epoch", *_sizes(random), *reported],
        [f"the same here, {len(random) // len(DRAW)} draws", *_sizes(random), *_cells(random, _best)],
        ["the same, last epoch", *_sizes(random), *_cells(random, _last)],
        ["FSDD's official split, last epoch", *_sizes(official), *_cells(official, _last)],
        ["each speaker left out, last epoch", *_sizes(left_out), *_cells(left_out, _last)],
    ]
    for speaker in dict.fromkeys(one.case for one in left_out):
        his = [one for one in left_out if one.case == speaker]
        rows.append([f"without {speaker}", *_sizes(his), *_cells(his, _last)])
    return table(["right answers", "trained on", "tested on", *DRAW], rows)


def _sizes(outcomes: Sequence[Outcome]) -> list[str]:
    return [f"{outcomes[0].trained_on:,}", f"{outcomes[0].tested_on:,}"]


def _cells(outcomes: Sequence[Outcome], share: Callable[[Outcome], float]) -> list[str]:
    """Mean, with the range where there is one, for each picture."""
    cells = []
    for picture in DRAW:
        shares = [share(one) for one in outcomes if one.picture == picture]
        ranged = f" ({min(shares):.1%} to {max(shares):.1%})" if len(shares) > 1 else ""
        cells.append(f"{np.mean(shares):.1%}{ranged}")
    return cells


def _best(outcome: Outcome) -> float:
    return max(outcome.right_by_epoch)


def _last(outcome: Outcome) -> float:
    return outcome.right_by_epoch[-1]


def _confusions(outcomes: Sequence[Outcome]) -> str:
    rows = []
    for protocol, picture in product(get_args(Protocol), DRAW):
        alike = [one.confusion for one in outcomes if (one.protocol, one.picture) == (protocol, picture)]
        counts = np.sum(alike, axis=0)
        errors = counts * (1 - np.eye(len(DIGITS), dtype=int))
        spoken, heard = divmod(int(errors.argmax()), len(DIGITS))
        rows.append(
            [
                f"{protocol}, {picture}",
                f"{errors[NINE, ONE]} of {counts[NINE].sum()}",
                f"{errors[ONE, NINE]} of {counts[ONE].sum()}",
                f"{errors.sum()} of {counts.sum()}",
                f"{spoken} as {heard}: {errors.max()}",
            ]
        )
    return table(
        ["last epoch, all its trainings", "9 heard as 1", "1 heard as 9", "any error", "most often"], rows
    )
