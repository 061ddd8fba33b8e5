# SPDX-License-Identifier: Apache-2.0
"""Requantize: what the operation means."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Overflow, Quantizer, Rounding

__all__ = ["Requantize"]


@dataclass(frozen=True, eq=False)
class Requantize(Op):
    """``y = fit(round((x * multiplier + offset) * 2**-shift))`` in a type of the user's choice.

    Parameters
    ----------
    x : TensorType
        Operand.
    to : Quantizer
        Type of the result, and how values get into it.
    shift : int
        Bits dropped with ``to.rounding``; negative appends zeros.
    multiplier, offset : int or array of int, shape (channels,)
        Per element of the last axis, or one for all.
    low : int or None
        Smallest result allowed beside the type's own minimum: 0 for an absorbed ReLU or a
        narrow range. Only together with a saturating overflow mode.
    high : int or None
        Largest result allowed, likewise.
    """

    x: TensorType
    to: Quantizer
    shift: int = 0
    multiplier: Any = 1
    offset: Any = 0
    low: int | None = None
    high: int | None = None

    @classmethod
    def between(cls, name: str, x: TensorType, to: Quantizer) -> "Requantize":
        """The plain change of type: points are aligned, then rounded and brought in range."""
        assert isinstance(x.frac, int), f"{name}: operand has several binary points"
        return cls(name, x, to, shift=x.frac - to.type.frac)

    @property
    def rounding(self) -> Rounding:
        """How dropped bits round."""
        return self.to.rounding

    @property
    def is_identity(self) -> bool:
        """Whether every possible operand passes unchanged."""
        same = np.all(np.asarray(self.multiplier) == 1) and np.all(np.asarray(self.offset) == 0)
        low, high = self.x.bounds
        floor, ceiling = self.limits
        return bool(same and self.shift == 0 and floor <= low and high <= ceiling)

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest mantissa that can leave."""
        low, high = self.to.type.min, self.to.type.max
        if self.to.overflow is Overflow.SATURATE_SYMMETRIC and self.to.type.signed:
            low = -high
        return (low if self.low is None else max(low, self.low),
                high if self.high is None else min(high, self.high))

    @cached_property
    def y(self) -> TensorType:
        """Interval of the result: the image of the operand's interval, where that is monotone."""
        from nnhw.layers.requantize.golden import scaled

        floor, ceiling = self.limits
        ends = [scaled(self, np.broadcast_to(b, np.broadcast_shapes(
            np.shape(b), np.shape(self.multiplier), np.shape(self.offset))))
            for b in (self.x.low, self.x.high)]
        low, high = np.minimum(*ends), np.maximum(*ends)
        wraps = self.to.overflow in (Overflow.WRAP, Overflow.WRAP_SIGN, Overflow.SATURATE_ZERO)
        if wraps and (low.min() < floor or high.max() > ceiling):
            low, high = np.full_like(low, floor), np.full_like(high, ceiling)
        return TensorType(self.x.shape, as_mantissas(np.clip(low, floor, ceiling)),
                          as_mantissas(np.clip(high, floor, ceiling)), self.to.type.frac)
