"""The network that looks at the reduced spectrogram."""

import keras
from keras import layers

from digitd.features import BANDS, FRAMES


def small_cnn(labels: int, width: int, dropout: float) -> keras.Model:
    """A plain convolutional network in VGG's form.

    About 67,000 parameters and 7 million multiplications at width 16.

    Plain convolutions, because they learn twice as fast on a processor as depthwise separable ones of the
    same size, and because both TensorFlow Lite runtimes then compute the same to the last bit.

    Args:
        labels: Size of the output.
        width: Channels of the first stage.
        dropout: Share dropped before the output.
    """
    picture = keras.Input((BANDS, FRAMES, 1), name="picture")
    hidden = _convolved(picture, width)
    for channels in (3 * width // 2, 2 * width, 3 * width):
        hidden = layers.MaxPooling2D(2, padding="same")(hidden)
        hidden = _convolved(_convolved(hidden, channels), channels)
    hidden = layers.MaxPooling2D(2, padding="same")(hidden)
    hidden = layers.Dropout(dropout)(layers.Flatten()(hidden))
    posteriors = layers.Dense(labels, activation="softmax", name="posteriors")(hidden)
    return keras.Model(picture, posteriors)


def _convolved(hidden: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    convolved = layers.Conv2D(channels, 3, padding="same", use_bias=False)(hidden)
    return layers.ReLU()(layers.BatchNormalization()(convolved))
