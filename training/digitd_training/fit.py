"""The networks learn: stage one from pictures, stage two's head from the speech embedding."""

from collections.abc import Iterator, Sequence
from itertools import count

import keras
import numpy as np
import tensorflow as tf

from digitd.features import BANDS, FRAMES
from digitd.messages import Float32
from digitd_training.network import small_cnn, verifier_head
from digitd_training.recipe import Recipe, VerifierSettings
from digitd_training.warm import begin_with

MIXED = 0.5
"""Share of examples that a second one is mixed into."""


def fit(recipe: Recipe, pictures: Float32, labels: Sequence[str], start: bytes = b"") -> keras.Model:
    """Train stage one.

    Args:
        recipe: How.
        pictures: Shape (n, 34, 50).
        labels: Of each picture.
        start: The exported network to begin with; empty to begin with nothing.

    Returns:
        The network with the moving average of its weights.
    """
    keras.utils.set_random_seed(recipe.seed)
    settings = recipe.fit
    model = small_cnn(len(recipe.labels), recipe.network.width, recipe.network.dropout)
    if start:
        begin_with(model, start)
    steps = len(pictures) // settings.batch
    schedule = keras.optimizers.schedules.CosineDecay(
        settings.learning_rate / 30,
        max(steps * (settings.epochs - 1), 1),  # a single epoch is all rise
        warmup_target=settings.learning_rate,
        warmup_steps=steps,
    )
    optimizer = keras.optimizers.AdamW(
        schedule, weight_decay=settings.weight_decay, use_ema=True, ema_momentum=settings.average
    )
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)
    model.compile(optimizer, loss, metrics=["accuracy"])
    model.fit(_batches(recipe, pictures, labels), epochs=settings.epochs, verbose=2)
    optimizer.finalize_variable_values(model.trainable_variables)
    return model


def fit_verifier(
    recipe: Recipe, settings: VerifierSettings, vectors: Float32, labels: Sequence[str]
) -> keras.Model:
    """Train stage two's head from nothing.

    Args:
        recipe: For its labels and seed.
        settings: How.
        vectors: Shape (n, embeddings, 96).
        labels: Of each.
    """
    keras.utils.set_random_seed(recipe.seed)
    model = verifier_head(len(recipe.labels), vectors, settings.width, settings.dropout)
    steps = settings.epochs * (len(vectors) // settings.batch)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps),
        weight_decay=settings.weight_decay,
    )
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)
    model.compile(optimizer, loss, metrics=["accuracy"])
    model.fit(vectors, _targets(recipe, labels), batch_size=settings.batch, epochs=settings.epochs, verbose=2)
    return model


def _targets(recipe: Recipe, labels: Sequence[str]) -> Float32:
    """One row for each label, 1 where it stands among the recipe's."""
    return np.eye(len(recipe.labels), dtype=np.float32)[[recipe.labels.index(label) for label in labels]]


def _batches(recipe: Recipe, pictures: Float32, labels: Sequence[str]) -> tf.data.Dataset:
    whole = tf.data.Dataset.from_tensor_slices((pictures[..., None], _targets(recipe, labels)))
    shuffled = whole.shuffle(len(pictures), seed=recipe.seed)
    batches = shuffled.batch(recipe.fit.batch, drop_remainder=True)
    return batches.map(lambda batch, target: _disturbed(recipe, batch, target)).prefetch(4)


def _disturbed(recipe: Recipe, batch: tf.Tensor, target: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Blank a band and a stretch of each picture, then mix some with their mirror in the batch."""
    settings = recipe.fit
    seeds = count(recipe.seed)  # one for each draw: TensorFlow gives those of one seed the same numbers
    bands = _kept(settings.batch, BANDS, settings.mask_bands, seeds)
    frames = _kept(settings.batch, FRAMES, settings.mask_frames, seeds)
    batch = batch * bands[:, :, None, None] * frames[:, None, :, None]
    chosen = tf.random.uniform([settings.batch], seed=next(seeds)) < MIXED
    share = tf.random.uniform([settings.batch], 0, settings.mixup, seed=next(seeds))
    share *= tf.cast(chosen, tf.float32)
    of_picture, of_target = share[:, None, None, None], share[:, None]
    mixed = batch * (1 - of_picture) + tf.reverse(batch, [0]) * of_picture
    return mixed, target * (1 - of_target) + tf.reverse(target, [0]) * of_target


def _kept(batch: int, size: int, widest: int, seeds: Iterator[int]) -> tf.Tensor:
    """Ones of shape (batch, size), with a run of at most `widest` zeros in each row."""
    first = tf.random.uniform([batch, 1], 0, size - widest + 1, tf.int32, seed=next(seeds))
    width = tf.random.uniform([batch, 1], 0, widest + 1, tf.int32, seed=next(seeds))
    place = tf.range(size)[None]
    return tf.cast((place < first) | (place >= first + width), tf.float32)
