"""The networks: stage one looks at the reduced spectrogram, stage two's head at the speech embedding."""

import keras
from keras import layers

from digitd.features import BANDS, FRAMES
from digitd.messages import Float32


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


def verifier_head(labels: int, vectors: Float32, width: int, dropout: float) -> keras.Model:
    """Two convolutions over time and a dense layer on the vectors of the speech embedding.

    The first convolution looks at one vector at a time, the second at three neighbours, 240 ms; the dense
    layer then knows where in the window each sound was, and so what stood around the word.

    Args:
        labels: Size of the output.
        vectors: Of all examples, shape (n, embeddings, 96); their mean and spread become part of the network.
        width: Channels of the first convolution.
        dropout: Share dropped before each layer, but half of it before the first.
    """
    mean, variance = vectors.mean(axis=(0, 1)), vectors.var(axis=(0, 1))
    embedding = keras.Input(vectors.shape[1:], name="embedding")
    hidden = layers.Normalization(mean=mean, variance=variance)(embedding)
    hidden = layers.Dropout(dropout / 2)(hidden)
    hidden = layers.Conv1D(width, 1, activation="relu")(hidden)
    hidden = layers.Conv1D(3 * width // 2, 3, padding="same", activation="relu")(hidden)
    hidden = layers.Flatten()(layers.Dropout(dropout)(hidden))
    hidden = layers.Dropout(dropout)(layers.Dense(width, activation="relu")(hidden))
    posteriors = layers.Dense(labels, activation="softmax", name="posteriors")(hidden)
    return keras.Model(embedding, posteriors)
