"""A network that begins with what an exported one knows."""

import keras
import numpy as np

from digitd.errors import ConfigError
from digitd.model.runtime import Network


def begin_with(model: keras.Model, network: bytes) -> None:
    """Give a network the convolutions of an exported one of the same form; what follows them stays new.

    The converter has folded each batch normalisation into the convolution before it, so that here the one
    takes over kernel and offset, and the other begins as the identity.

    Args:
        model: `network.small_cnn`, of the width that the exported one has.
        network: The exported one's TensorFlow Lite file.

    Raises:
        ConfigError: The two are not of the same width.
    """
    folded = Network(network).constants("CONV_2D")
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    width, wanted = len(folded[0][1]), convolutions[0].filters
    if width != wanted:
        raise ConfigError(f"network.width: {wanted}, but the model that the recipe starts with has {width}")
    normalisations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for (kernel, offset), convolution, normalisation in zip(
        folded, convolutions, normalisations, strict=True
    ):
        convolution.set_weights([kernel.transpose(1, 2, 3, 0)])  # TensorFlow Lite has the outputs first
        ones, zeros = np.ones_like(offset), np.zeros_like(offset)
        normalisation.set_weights([ones, offset, zeros, ones - np.float32(normalisation.epsilon)])
