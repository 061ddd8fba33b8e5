# SPDX-License-Identifier: Apache-2.0
"""Softmax: what the operation means."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["Softmax"]


@dataclass(frozen=True, eq=False)
class Softmax(Op):
    """Softmax over the last axis, from a table of exponentials and one of reciprocals.

    Every step is on integers, in this order::

        d = max(x) - x                                   # distance, never negative
        e = exp_table[min((d + half(exp_shift)) >> exp_shift, size - 1)]
        s = sum(e)
        n = sum_bits - bit_length(s)                     # normalising shift, never negative
        a = (s << n) - 2**(sum_bits - 1)
        r = recip_table[a >> recip_shift]
        r = r - (drop_table[a >> recip_shift] * (a mod 2**recip_shift) >> recip_shift)
        y = min(((e * r << n) + half(y_shift)) >> y_shift, 2**frac)

    with ``half(k) = 2**(k - 1)``, 0 for ``k = 0``; without a ``drop_table``, ``r`` stays what the
    first table says. The exponentials descend with ``d``, and ``r``
    and ``n`` are the same for all elements of a vector, so a larger operand never gets a smaller
    result.

    Parameters
    ----------
    x : TensorType, shape (..., classes), one binary point
        Operand.
    exp_table : Mantissas, shape (size,)
        Descending; entry 0 stands for 1.
    recip_table : Mantissas, shape (entries,)
        Reciprocals of the normalised sum.
    exp_shift, recip_shift, y_shift : int
        As above.
    frac : int
        Fraction bits of the result, which lies in [0, 1].
    error_bound : float or None
        Largest distance of a result from the real softmax of the operand.
    drop_table : Mantissas, shape (entries,), or None
        How far each reciprocal is above the next one, for interpolation.
    """

    x: TensorType
    exp_table: Mantissas
    recip_table: Mantissas
    exp_shift: int
    recip_shift: int
    y_shift: int
    frac: int
    error_bound: float | None = None
    drop_table: Mantissas | None = None

    @classmethod
    def design(cls, name: str, x: TensorType, frac: int = 15, table_size: int = 2048, *,
               scale: float = 1.0, interpolated: bool = False) -> "Softmax":
        """Tables for the operand's real range, of at most ``table_size`` entries each.

        Beyond the distance where an exponential falls below half a unit of its last place the
        table holds 0; a smaller range of operands gets a smaller table. ``scale`` is what an
        operand stands for beside its binary point. Interpolated reciprocals are as good as those
        of a table of its size squared, for one multiplication more a vector.
        """
        assert isinstance(x.frac, int), f"{name}: operand has several binary points"
        classes = x.shape[-1]
        exp_frac = frac + 2
        low, high = x.bounds
        unit = scale * 2.0**-x.frac
        reach = min(high - low, math.ceil((exp_frac + 1) * math.log(2) / unit))
        exp_shift = max(0, math.ceil(math.log2((reach + 1) / max(table_size - 1, 1))))
        half = 1 << exp_shift >> 1
        distance = (np.arange(((reach + half) >> exp_shift) + 1) << exp_shift) * unit
        exp_table = np.floor(np.exp(-distance) * 2.0**exp_frac + 0.5).astype(np.int64)
        sum_bits = (classes << exp_frac).bit_length()
        recip_bits = min(sum_bits - 1, max(1, int(math.log2(table_size))))
        recip_shift = sum_bits - 1 - recip_bits
        interpolated = interpolated and recip_shift > 0
        recip_frac = frac + sum_bits + (4 if interpolated else 2)
        ends = np.arange((1 << recip_bits) + 1) + (0 if interpolated else 0.5)
        recip = np.floor(2.0**recip_frac / ((1 << (sum_bits - 1)) + ends * 2.0**recip_shift) + 0.5
                         ).astype(np.int64)
        step = (1 << exp_shift >> 1) * unit
        bound = (2 * (math.exp(step) - 1)
                 + 2.0**-(2 * recip_bits + 2 if interpolated else recip_bits + 1)
                 + (classes + 2) * 2.0**-(exp_frac + 1) + 2.0**-(frac + 1) + 2.0**-(frac + 2))
        return cls(name, x, exp_table, recip[:-1], exp_shift, recip_shift, recip_frac - frac,
                   frac, bound, -np.diff(recip) if interpolated else None)

    @property
    def one(self) -> int:
        """Mantissa of the largest exponential, that of the maximum itself."""
        return int(self.exp_table[0])

    @property
    def sum_bits(self) -> int:
        """Bits of the largest possible sum of exponentials, to which every sum is normalised."""
        return (self.x.shape[-1] * self.one).bit_length()

    @cached_property
    def y(self) -> TensorType:
        """From 0 to 1, both included."""
        return TensorType(self.x.shape, as_mantissas(0), as_mantissas(1 << self.frac), self.frac)
