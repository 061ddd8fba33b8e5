# SPDX-License-Identifier: Apache-2.0
"""The layers of ``Sequential``: each function of the functional form, its operand left open."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec

from nnhw.dsl import functions
from nnhw.dsl.tensor import Tensor

__all__ = ["Argmax", "Dense", "Flatten", "LeakyReLU", "Quantize", "ReLU", "Reshape", "Sigmoid",
           "Softmax", "Step", "Table", "Tanh"]

P = ParamSpec("P")


@dataclass(frozen=True, eq=False)
class Step:
    """A function that waits for its tensor."""

    apply: Callable[[Tensor], Tensor]
    title: str

    def __call__(self, x: Tensor) -> Tensor:
        """Apply it."""
        return self.apply(x)

    def __repr__(self) -> str:
        return f"<Step {self.title}>"


def _step(function: Callable[Concatenate[Tensor, P], Tensor]) -> Callable[P, Step]:
    def make(*args: P.args, **kwargs: P.kwargs) -> Step:
        return Step(lambda x: function(x, *args, **kwargs), function.__name__)

    make.__doc__ = function.__doc__
    make.__name__ = make.__qualname__ = function.__name__
    return make


Dense = _step(functions.dense)
ReLU = _step(functions.relu)
LeakyReLU = _step(functions.leaky_relu)
Quantize = _step(functions.quantize)
Table = _step(functions.table)
Sigmoid = _step(functions.sigmoid)
Tanh = _step(functions.tanh)
Softmax = _step(functions.softmax)
Argmax = _step(functions.argmax)
Reshape = _step(functions.reshape)
Flatten = _step(functions.flatten)
