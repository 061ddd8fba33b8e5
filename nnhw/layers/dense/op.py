# SPDX-License-Identifier: Apache-2.0
"""Dense: what the operation means. Nothing here knows about hardware."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers.dense.design import Writable, any_sum, fits
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["Dense"]


@dataclass(frozen=True, eq=False)
class Dense(Op):
    """Exact affine map ``y = weight @ x + bias`` of the last axis; nothing is rounded or clipped.

    Parameters
    ----------
    name : str
        Name of the node, kept in errors, reports and Verilog.
    x : TensorType, shape (..., fan_in)
        Operand.
    weight, bias : Mantissas, shapes (fan_out, fan_in) and (fan_out,)
        Coefficients; where elements of ``x`` differ in ``frac``, the weights make up for it.
    frac : int or array of int, shape (fan_out,)
        Fraction bits of the result.
    weight_bits : int or None
        Width the weights were declared with, for reports; None means the narrowest.
    writable : pair of FixedType or None
        Types of weights and biases that may be replaced in the circuit; intervals then hold for
        any of them. None: they are what they are.
    """

    x: TensorType
    weight: Mantissas
    bias: Mantissas
    frac: int = 0
    weight_bits: int | None = field(default=None, kw_only=True)
    writable: Writable | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weight", as_mantissas(self.weight))
        object.__setattr__(self, "bias", as_mantissas(self.bias))
        assert self.weight.shape == (self.fan_out, self.x.shape[-1]), self.name
        assert self.writable is None or all(
            map(fits, self.writable, (self.weight, self.bias))), self.name

    @property
    def fan_in(self) -> int:
        """Elements summed into one result."""
        return self.weight.shape[1]

    @property
    def fan_out(self) -> int:
        """Results for each input vector."""
        return self.weight.shape[0]

    @property
    def vectors(self) -> int:
        """How many times the matrix is applied: the product of the leading axes."""
        return self.x.size // self.fan_in

    @cached_property
    def y(self) -> TensorType:
        """Narrowest interval of every result that these weights can produce."""
        axis = (1,) * (len(self.x.shape) - 1) + (self.fan_in,)
        low, high = (np.broadcast_to(np.asarray(b, dtype=object), _vector(b, axis))
                     for b in (self.x.low, self.x.high))
        shape = (*self.x.shape[:-1], self.fan_out)
        if self.writable:
            bottom, top = any_sum(low, high, self.writable[0])
            return TensorType(shape, as_mantissas(bottom + self.writable[1].min),
                              as_mantissas(top + self.writable[1].max), self.frac)
        weight, bias = self.weight.astype(object), self.bias.astype(object)
        up, down = np.maximum(weight, 0), np.minimum(weight, 0)
        top = high @ up.T + low @ down.T + bias
        bottom = low @ up.T + high @ down.T + bias
        return TensorType(shape, as_mantissas(bottom), as_mantissas(top), self.frac)


def _vector(bound: Mantissas, axis: tuple[int, ...]) -> tuple[int, ...]:
    """Shape a bound needs so that its last axis is the whole vector."""
    return np.broadcast_shapes(np.shape(bound), axis[-1:])
