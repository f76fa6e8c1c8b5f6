"""Keras -> TensorFlow Lite, int8 -> one file with its card."""

import numpy as np
import tensorflow as tf
from keras import Model

from digitd.features import BANDS, FRAMES
from digitd.messages import Float32
from digitd.model.bundle import SelfTest
from digitd.model.runtime import Network

CALIBRATION = 500
"""Pictures that show the converter which values occur."""


def to_int8(model: Model, pictures: Float32) -> bytes:
    """Convert a network to int8 throughout, inputs and outputs too.

    Args:
        model: Takes (n, 34, 50, 1).
        pictures: Training pictures, shape (n, 34, 50), to set the tensors' ranges by.
    """
    step = max(len(pictures) // CALIBRATION, 1)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([picture[None, ..., None]] for picture in pictures[::step])
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    converted: bytes = converter.convert()
    return converted


def to_float(model: Model) -> bytes:
    """Convert a network to TensorFlow Lite, computing in float32 with weights stored as float16."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    converted: bytes = converter.convert()
    return converted


def self_test(network: bytes, multiplications: int) -> SelfTest:
    """Compute the inference that a daemon repeats at start, on a picture of noise."""
    picture = np.random.default_rng(0).integers(-128, 128, BANDS * FRAMES).astype(np.int8)
    scores = Network(network).run(picture)
    return SelfTest(tuple(picture.tolist()), tuple(scores.tolist()), multiplications)


def multiplications(model: Model) -> int:
    """Count the multiplications of one inference: each weight once for every place it is applied at."""
    total = 0
    for layer in model.layers:
        weights = sum(
            int(np.prod(weight.shape)) for weight in layer.trainable_weights if len(weight.shape) > 1
        )
        height_and_width = layer.output.shape[1:-1] if weights else ()
        total += weights * int(np.prod(height_and_width))
    return total
