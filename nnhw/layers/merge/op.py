# SPDX-License-Identifier: Apache-2.0
"""Merge: what the operation means."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas

__all__ = ["Merge"]


@dataclass(frozen=True, eq=False)
class Merge(Op):
    """Product, larger or smaller of two tensors of one shape, element by element; exact.

    Parameters
    ----------
    a, b : TensorType
        Operands.
    how : str
        ``mul``, ``max`` or ``min``.
    shift_a, shift_b : int
        Zero or positive left shifts ahead of ``max`` and ``min``, to align the binary points.
    frac : int
        Fraction bits of the result.
    """

    a: TensorType
    b: TensorType
    how: str = "mul"
    shift_a: int = 0
    shift_b: int = 0
    frac: int = 0

    operands: ClassVar[tuple[str, ...]] = ("a", "b")

    @cached_property
    def y(self) -> TensorType:
        """Image of the operands' intervals."""
        a, b = ([np.asarray(v.astype(object) << shift, dtype=object) for v in (x.low, x.high)]
                for x, shift in ((self.a, self.shift_a), (self.b, self.shift_b)))
        if self.how == "mul":
            ends = np.stack(np.broadcast_arrays(*(u * v for u in a for v in b)))
            low, high = ends.min(axis=0), ends.max(axis=0)
        else:
            pick = np.maximum if self.how == "max" else np.minimum
            low, high = pick(a[0], b[0]), pick(a[1], b[1])
        return TensorType(self.a.shape, as_mantissas(low), as_mantissas(high), self.frac)
