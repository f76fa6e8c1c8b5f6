"""The network that looks at the reduced spectrogram. TensorFlow starts here."""

import keras
from keras import layers

from digitd.features import BANDS, FRAMES


def small_cnn(labels: int, width: int, dropout: float) -> keras.Model:
    """A plain convolutional network, about 60,000 parameters at width 24.

    Four stages of two 3 by 3 convolutions would be VGG's form; here the second of each stage is depthwise
    separable (MobileNet, Howard et al., 2017), which an int8 kernel on a small board likes.

    Args:
        labels: Size of the output.
        width: Channels of the first stage.
        dropout: Share dropped before the output.
    """
    picture = keras.Input((BANDS, FRAMES, 1), name="picture")
    hidden = _normed(layers.Conv2D(width, 3, padding="same", use_bias=False)(picture))
    for channels in (width, 2 * width, 3 * width, 4 * width):
        hidden = _normed(layers.SeparableConv2D(channels, 3, padding="same", use_bias=False)(hidden))
        hidden = _normed(layers.SeparableConv2D(channels, 3, padding="same", use_bias=False)(hidden))
        hidden = layers.MaxPooling2D(2, padding="same")(hidden)
    hidden = layers.Flatten()(hidden)
    hidden = layers.Dropout(dropout)(hidden)
    posteriors = layers.Dense(labels, activation="softmax", name="posteriors")(hidden)
    return keras.Model(picture, posteriors)


def _normed(hidden: keras.KerasTensor) -> keras.KerasTensor:
    return layers.ReLU()(layers.BatchNormalization()(hidden))
