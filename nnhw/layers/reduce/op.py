# SPDX-License-Identifier: Apache-2.0
"""Reduce: what the operation means."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas

__all__ = ["Reduce", "reduced_type"]


@dataclass(frozen=True, eq=False)
class Reduce(Op):
    """Sum, largest or smallest element of the last axis, which goes away; exact.

    Parameters
    ----------
    x : TensorType, shape (..., taps), one binary point along the last axis
        Operand.
    how : str
        ``sum``, ``max`` or ``min``.
    """

    x: TensorType
    how: str = "sum"

    @cached_property
    def y(self) -> TensorType:
        """Interval of the result of each vector."""
        taps = self.x.shape[-1]
        low, high = (np.broadcast_to(b, np.broadcast_shapes(np.shape(b), (taps,)))
                     for b in (self.x.low, self.x.high))
        return reduced_type(self.x, low, high, self.how, -1, self.x.shape[:-1])


def reduced_type(x: TensorType, low: np.ndarray, high: np.ndarray, how: str, axis: int,
                 shape: tuple[int, ...]) -> TensorType:
    """Type of ``how`` over ``axis`` of elements between ``low`` and ``high``."""
    over = {"sum": np.add, "max": np.maximum, "min": np.minimum}[how].reduce
    frac = x.frac
    if not isinstance(frac, int):
        points = np.broadcast_to(frac, x.shape)
        frac = points[..., 0] if axis == -1 else points.reshape(-1, x.shape[-1])[0]
    wide = [b.astype(object) if how == "sum" else b for b in (low, high)]
    return TensorType(shape, as_mantissas(over(wide[0], axis=axis)),
                      as_mantissas(over(wide[1], axis=axis)), frac)
