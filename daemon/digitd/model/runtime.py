"""The only file that imports a TensorFlow Lite runtime."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitd.errors import ModelError
from digitd.messages import Float32

Values = TypeVar("Values", NDArray[np.int8], Float32)

STANDARD_ERROR = 2

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
        dtype: What input and output are made of: int8, computed to the last bit alike in both runtimes, or
            float32, computed as fast as the runtime can.
        shape: The input's, where the file leaves it open.

    Raises:
        ModelError: No runtime is installed, the file is broken, or the tensors are not one `dtype` each way.
    """

    def __init__(
        self, content: bytes, dtype: type[np.number[Any]] = np.int8, shape: tuple[int, ...] | None = None
    ) -> None:
        try:
            with _quietly():
                self._interpreter = _interpreter(content, exact=dtype is np.int8)
                if shape:
                    self._interpreter.resize_tensor_input(self._one("input")["index"], shape)
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise _refusal(error) from error
        self.input, self.output = Tensor(self._one("input")), Tensor(self._one("output"))
        if self.input.dtype != dtype or self.output.dtype != dtype:
            raise ModelError(
                f"the model takes {self.input.dtype} and gives {self.output.dtype}, not {np.dtype(dtype)}; "
                "make it anew with `digitd-train train`"
            )

    def _one(self, end: Literal["input", "output"]) -> dict[str, Any]:
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(
                f"the model has {len(inputs)} inputs and {len(outputs)} outputs, not one and one; "
                "make it anew with `digitd-train train`"
            )
        details: dict[str, Any] = inputs[0] if end == "input" else outputs[0]
        return details

    def constants(self, operation: str) -> list[list[Float32]]:
        """Return the constants of each operation of a kind, such as `CONV_2D`, unrounded, in their order.

        Training begins with them.
        """
        described = {tensor["index"]: tensor for tensor in self._interpreter.get_tensor_details()}
        return [
            [self._unrounded(described[index]) for index in found["inputs"][1:]]
            for found in self._interpreter._get_ops_details()  # noqa: SLF001 - the only way to see their order
            if found["op_name"] == operation
        ]

    def _unrounded(self, tensor: dict[str, Any]) -> Float32:
        steps = self._interpreter.get_tensor(tensor["index"]).astype(np.float32)
        scales = np.asarray(tensor["quantization_parameters"]["scales"], np.float32)
        unrounded: Float32 = steps * scales.reshape(-1, *[1] * (steps.ndim - 1))
        return unrounded

    def run(self, values: Values) -> Values:
        """Compute the output tensor, flattened, for an input of the input tensor's size.

        Raises:
            ModelError: The runtime cannot: some mistakes in a file show only now.
        """
        self._interpreter.set_tensor(self.input.index, values.reshape(self.input.shape))
        try:
            self._interpreter.invoke()
        except (ValueError, RuntimeError) as error:
            raise _refusal(error) from error
        output: Values = self._interpreter.get_tensor(self.output.index)
        return output.ravel()


def _refusal(error: Exception) -> ModelError:
    return ModelError(
        f"the TensorFlow Lite runtime refuses the model: {error}; make it anew with `digitd-train train`, "
        "or install the current ai-edge-litert"
    )


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the runtime's chatter off standard error, where our log is.

    It writes "INFO: Created TensorFlow Lite XNNPACK delegate for CPU." past Python, and has no switch for it;
    what goes wrong it raises.
    """
    kept = os.dup(STANDARD_ERROR)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STANDARD_ERROR)
    try:
        yield
    finally:
        os.dup2(kept, STANDARD_ERROR)
        os.close(kept)
        os.close(nowhere)


def _interpreter(content: bytes, *, exact: bool) -> Any:  # noqa: ANN401 - neither runtime has types
    runtime = _runtime()
    # Without the XNNPACK delegate, which rounds int8 differently from release to release: the built-in
    # kernels give the same in both runtimes. They take 0.3 ms for stage one where XNNPACK takes 0.1, and
    # 15 ms for stage two's floating point where XNNPACK takes 5.
    kernels = runtime.OpResolverType
    return runtime.Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=kernels.BUILTIN_WITHOUT_DEFAULT_DELEGATES if exact else kernels.AUTO,
    )


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
