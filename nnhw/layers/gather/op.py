# SPDX-License-Identifier: Apache-2.0
"""Gather: what the operation means."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["Gather"]


@dataclass(frozen=True, eq=False)
class Gather(Op):
    """``y.flat[k] = x.flat[index.flat[k]]``, or ``value`` where the index is -1.

    Parameters
    ----------
    x : TensorType
        Operand.
    index : array of int, of the result's shape
        Positions in row-major order; -1 is padding.
    value : int
        Mantissa of the padding.
    """

    x: TensorType
    index: Mantissas
    value: int = 0

    def __post_init__(self) -> None:
        index = np.asarray(self.index, dtype=np.int64)
        assert index.min() >= -1 and index.max() < self.x.size, self.name
        object.__setattr__(self, "index", index)

    @classmethod
    def like(cls, name: str, x: TensorType, picked: Mantissas, value: int = 0) -> "Gather":
        """From what an operation does to the positions, an array like ``positions(x)``."""
        return cls(name, x, picked, value)

    @staticmethod
    def positions(x: TensorType) -> Mantissas:
        """Array of ``x``'s shape holding each element's own position, to be moved about."""
        result: Mantissas = np.arange(x.size, dtype=np.int64).reshape(x.shape)
        return result

    @cached_property
    def y(self) -> TensorType:
        """Interval of each element picked."""
        low, high = self.x.flat_bounds()
        pads = self.index < 0
        low, high = (np.where(pads, as_mantissas(self.value), b[self.index]) for b in (low, high))
        frac = self.x.frac
        if not isinstance(frac, int):
            frac = np.broadcast_to(frac, self.x.shape).reshape(-1)[self.index]
        if (low == low.flat[0]).all() and (high == high.flat[0]).all():
            low, high = low.flat[0], high.flat[0]
        return TensorType(self.index.shape, as_mantissas(low), as_mantissas(high), frac)
