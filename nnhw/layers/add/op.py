# SPDX-License-Identifier: Apache-2.0
"""Add: what the operation means."""

from dataclasses import dataclass
from functools import cached_property

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas

__all__ = ["Add"]


@dataclass(frozen=True, eq=False)
class Add(Op):
    """``y = a * 2**shift_a + b * 2**shift_b``, exact; shapes are equal.

    Parameters
    ----------
    a, b : TensorType
        Operands; the shifts align their binary points.
    shift_a, shift_b : int
        Zero or positive.
    frac : int
        Fraction bits of the result.
    """

    a: TensorType
    b: TensorType
    shift_a: int = 0
    shift_b: int = 0
    frac: int = 0

    operands = ("a", "b")

    @cached_property
    def y(self) -> TensorType:
        """Sum of the operands' intervals."""
        low = as_mantissas((self.a.low << self.shift_a) + (self.b.low << self.shift_b))
        high = as_mantissas((self.a.high << self.shift_a) + (self.b.high << self.shift_b))
        return TensorType(self.a.shape, low, high, self.frac)
