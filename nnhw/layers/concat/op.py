# SPDX-License-Identifier: Apache-2.0
"""Concat: what the operation means."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas

__all__ = ["Concat"]


@dataclass(frozen=True, eq=False)
class Concat(Op):
    """Last axis of ``a``, then that of ``b``; mantissas pass unchanged after exact left shifts.

    Other axes: reshape both so that the axis and all behind it become the last one.

    Parameters
    ----------
    a, b : TensorType
        Operands, equal in all but the last axis.
    shift_a, shift_b : int
        Zero or positive; they align the binary points.
    frac : int
        Fraction bits of the result.
    """

    a: TensorType
    b: TensorType
    shift_a: int = 0
    shift_b: int = 0
    frac: int = 0

    operands: ClassVar[tuple[str, ...]] = ("a", "b")

    @cached_property
    def y(self) -> TensorType:
        """Intervals side by side."""
        shape = (*self.a.shape[:-1], self.a.shape[-1] + self.b.shape[-1])
        def joined(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            lead = np.broadcast_shapes(np.shape(a)[:-1], np.shape(b)[:-1])
            parts = [np.broadcast_to(v.astype(object) << s, (*lead, t.shape[-1])) for v, s, t in
                     ((a, self.shift_a, self.a), (b, self.shift_b, self.b))]
            return as_mantissas(np.concatenate(parts, axis=-1))
        return TensorType(shape, joined(self.a.low, self.b.low), joined(self.a.high, self.b.high),
                          self.frac)
