"""A network that begins with what an exported one knows."""

import keras
import numpy as np
import tensorflow as tf

from digitd.messages import Float32

CONVOLUTION = "CONV_2D"


def begin_with(model: keras.Model, network: bytes) -> None:
    """Give a network the convolutions of an exported one of the same form; what follows them stays new.

    The converter has folded each batch normalisation into the convolution before it, so that here the one
    takes over kernel and offset, and the other begins as the identity.

    Args:
        model: `network.small_cnn`, of the width that the exported one has.
        network: The exported one's TensorFlow Lite file.

    Raises:
        ValueError: The two are not of the same form.
    """
    folded = _convolutions(network)
    convolutions = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    normalisations = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for (kernel, offset), convolution, normalisation in zip(
        folded, convolutions, normalisations, strict=True
    ):
        convolution.set_weights([kernel])
        ones, zeros = np.ones_like(offset), np.zeros_like(offset)
        normalisation.set_weights([ones, offset, zeros, ones - np.float32(normalisation.epsilon)])


def _convolutions(network: bytes) -> list[tuple[Float32, Float32]]:
    """Return each kernel, shape (height, width, channels in, channels out), with its offsets."""
    interpreter = tf.lite.Interpreter(model_content=network)
    interpreter.allocate_tensors()
    details = {tensor["index"]: tensor for tensor in interpreter.get_tensor_details()}
    found = []
    for operation in interpreter._get_ops_details():  # noqa: SLF001 - there is no public way to see the order
        if operation["op_name"] == CONVOLUTION:
            _, kernel, offset = (details[index] for index in operation["inputs"])
            in_keras_order = _unrounded(interpreter, kernel).transpose(1, 2, 3, 0)
            found.append((in_keras_order, _unrounded(interpreter, offset)))
    return found


def _unrounded(interpreter: tf.lite.Interpreter, tensor: dict[str, object]) -> Float32:
    """Return a quantised constant as floats; its first axis may have a step for each channel."""
    steps = interpreter.get_tensor(tensor["index"]).astype(np.float32)
    scales = tensor["quantization_parameters"]["scales"]  # type: ignore[index]  # TensorFlow gives a dict
    unrounded: Float32 = steps * np.asarray(scales, np.float32).reshape(-1, *[1] * (steps.ndim - 1))
    return unrounded
