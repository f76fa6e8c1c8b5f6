"""What is done to a batch before it is learned from."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")

import tensorflow as tf

from digitd_training.fit import MIXED, _disturbed
from digitd_training.recipe import read_recipe

pytestmark = pytest.mark.training

BATCH = 5000


def test_half_of_the_pictures_have_up_to_the_recipes_share_of_another_mixed_in() -> None:
    recipe = read_recipe("digits")
    recipe = replace(recipe, fit=replace(recipe.fit, batch=BATCH, mixup=0.4))
    targets = np.zeros((BATCH, 2), np.float32)
    targets[: BATCH // 2, 0] = targets[BATCH // 2 :, 1] = 1  # the mirror of each is of the other kind

    _, mixed = _disturbed(recipe, tf.zeros((BATCH, 34, 50, 1)), tf.constant(targets))

    shares = 1 - mixed.numpy().max(axis=1)
    assert np.mean(shares > 0) == pytest.approx(MIXED, abs=0.05)
    assert shares.max() == pytest.approx(0.4, abs=0.01)
    assert shares[shares > 0].mean() == pytest.approx(0.2, abs=0.02)


def test_bands_and_stretches_up_to_the_recipes_size_are_blanked() -> None:
    recipe = read_recipe("digits")
    recipe = replace(recipe, fit=replace(recipe.fit, batch=BATCH, mixup=0.0))

    pictures, _ = _disturbed(recipe, tf.ones((BATCH, 34, 50, 1)), tf.zeros((BATCH, 2)))

    bands = (pictures.numpy().max(axis=(2, 3)) == 0).sum(axis=1)
    stretches = (pictures.numpy().max(axis=(1, 3)) == 0).sum(axis=1)
    assert (bands.min(), bands.max()) == (0, recipe.fit.mask_bands)
    assert (stretches.min(), stretches.max()) == (0, recipe.fit.mask_frames)
    assert abs(np.corrcoef(bands, stretches)[0, 1]) < 0.1
