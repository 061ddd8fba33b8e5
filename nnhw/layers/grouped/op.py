# SPDX-License-Identifier: Apache-2.0
"""Grouped: what the operation means."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers.dense.design import Writable, any_sum, fits
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["Grouped"]


@dataclass(frozen=True, eq=False)
class Grouped(Op):
    """``y[..., g, :] = weight[g] @ x[..., g, :] + bias[g]``: a Dense for each group.

    Behind a Window it is a grouped convolution; with one channel a group, a depthwise one.

    Parameters
    ----------
    x : TensorType, shape (..., groups, fan_in)
        Operand.
    weight, bias : Mantissas, shapes (groups, fan_out, fan_in) and (groups, fan_out)
        Coefficients.
    frac : int
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
        assert self.x.shape[-2:] == (self.groups, self.fan_in), self.name
        assert self.writable is None or all(
            map(fits, self.writable, (self.weight, self.bias))), self.name

    @property
    def groups(self) -> int:
        """Number of matrices."""
        return self.weight.shape[0]

    @property
    def fan_in(self) -> int:
        """Elements summed into one result."""
        return self.weight.shape[2]

    @property
    def fan_out(self) -> int:
        """Results of each group."""
        return self.weight.shape[1]

    @property
    def vectors(self) -> int:
        """How many times all the matrices are applied: the product of the leading axes."""
        return self.x.size // (self.fan_in * self.groups)

    @cached_property
    def y(self) -> TensorType:
        """Narrowest interval of every result that these weights can produce."""
        last = (self.groups, self.fan_in)
        low, high = (np.broadcast_to(np.asarray(b, dtype=object),
                                     np.broadcast_shapes(np.shape(b), last))
                     for b in (self.x.low, self.x.high))
        shape = (*self.x.shape[:-1], self.fan_out)
        if self.writable:
            bottom, top = any_sum(low, high, self.writable[0])
            return TensorType(shape, as_mantissas(bottom + self.writable[1].min),
                              as_mantissas(top + self.writable[1].max), self.frac)
        weight, bias = self.weight.astype(object), self.bias.astype(object)
        up, down = np.maximum(weight, 0), np.minimum(weight, 0)
        top = (up * high[..., None, :] + down * low[..., None, :]).sum(axis=-1) + bias
        bottom = (up * low[..., None, :] + down * high[..., None, :]).sum(axis=-1) + bias
        return TensorType(shape, as_mantissas(bottom), as_mantissas(top), self.frac)
