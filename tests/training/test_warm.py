"""A network that begins with what an exported one knows."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="needs the train extra: pip install 'digitd[train]'")

import keras

from digitd.errors import ConfigError
from digitd.model import SHIPPED
from digitd.model.bundle import read_bundle
from digitd_training.export import to_int8
from digitd_training.network import small_cnn
from digitd_training.warm import begin_with

pytestmark = pytest.mark.training


@pytest.mark.filterwarnings("ignore:Statistics for quantized inputs")  # the converter's, for any int8 input
def test_it_knows_what_the_exported_one_knows() -> None:
    keras.utils.set_random_seed(1)
    known, new = small_cnn(3, 8, 0.0), small_cnn(3, 8, 0.0)
    pictures = np.random.default_rng(1).normal(0, 1, (40, 34, 50)).astype(np.float32)

    begin_with(new, to_int8(known, pictures))

    seen, seen_anew = (
        keras.Model(model.input, model.layers[-2].output).predict(pictures[..., None], verbose=0)
        for model in (known, new)
    )
    assert np.corrcoef(seen.ravel(), seen_anew.ravel())[0, 1] > 0.99


def test_a_network_of_another_width_is_refused() -> None:
    model = small_cnn(11, width=8, dropout=0.0)

    with pytest.raises(ConfigError, match=r"network\.width: 8, but .* has 22"):
        begin_with(model, read_bundle(SHIPPED).network)
