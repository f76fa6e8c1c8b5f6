"""The only file that imports a TensorFlow Lite runtime: int8 in, int8 out."""

from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from digitd.errors import ModelError

Int8: TypeAlias = NDArray[np.int8]

RUNTIMES = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")
"""In the order of preference; the second for boards that the first has no wheels for."""


class Tensor:
    """Shape and quantisation of an input or output tensor, from the runtime's own description."""

    def __init__(self, details: dict[str, Any]) -> None:
        self.index: int = details["index"]
        self.shape = tuple(int(size) for size in details["shape"])
        self.dtype = np.dtype(details["dtype"])
        self.scale, self.zero_point = details["quantization"]


class Network:
    """A loaded network with one input and one output.

    Args:
        content: A .tflite file's bytes.

    Raises:
        ModelError: No runtime is installed, the file is broken, or the tensors are not one int8 each way.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._interpreter = _interpreter(content)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the TensorFlow Lite runtime refuses the model: {error}") from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(
                f"the model has {len(inputs)} inputs and {len(outputs)} outputs, not one and one"
            )
        self.input, self.output = Tensor(inputs[0]), Tensor(outputs[0])
        if self.input.dtype != np.int8 or self.output.dtype != np.int8:
            raise ModelError(f"the model takes {self.input.dtype} and gives {self.output.dtype}, not int8")

    def run(self, values: Int8) -> Int8:
        """Compute the output tensor, flattened, for an input of the input tensor's size."""
        self._interpreter.set_tensor(self.input.index, values.reshape(self.input.shape))
        self._interpreter.invoke()
        output: Int8 = self._interpreter.get_tensor(self.output.index)
        return output.ravel()


def _interpreter(content: bytes) -> Any:  # noqa: ANN401 - neither runtime has types
    runtime = _runtime()
    # Without the XNNPACK delegate, which rounds differently from release to release: the built-in kernels
    # give the same int8 in both runtimes. They take 0.3 ms where XNNPACK takes 0.1.
    kernels = runtime.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return runtime.Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=kernels)


def _runtime() -> Any:  # noqa: ANN401 - as above
    for name in RUNTIMES:
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise ModelError(
        "no TensorFlow Lite runtime is installed: `pip install ai-edge-litert`, "
        "or `pip install 'digitd[tflite-runtime]'` on a 32-bit board with Python 3.11 or older"
    )
