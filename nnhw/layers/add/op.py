# SPDX-License-Identifier: Apache-2.0
"""Add: what the operation means."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

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

    operands: ClassVar[tuple[str, ...]] = ("a", "b")

    @cached_property
    def y(self) -> TensorType:
        """Sum of the operands' intervals."""
        low, high = ((a.astype(object) << self.shift_a) + (b.astype(object) << self.shift_b)
                     for a, b in ((self.a.low, self.b.low), (self.a.high, self.b.high)))
        return TensorType(self.a.shape, as_mantissas(low), as_mantissas(high), self.frac)
