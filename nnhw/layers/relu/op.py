# SPDX-License-Identifier: Apache-2.0
"""Relu and leaky Relu: what the operation means."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas

__all__ = ["Relu"]


@dataclass(frozen=True, eq=False)
class Relu(Op):
    """``y = x * 2**slope_frac`` where ``x >= 0``, else ``x * slope``; exact.

    Parameters
    ----------
    x : TensorType
        Operand.
    slope : int or array of int
        Mantissa of the factor for negative operands; broadcasts to the operand's shape. 0 is the
        plain ReLU.
    slope_frac : int
        Fraction bits of ``slope``, which the result has more than the operand.
    """

    x: TensorType
    slope: Any = 0
    slope_frac: int = 0

    @cached_property
    def y(self) -> TensorType:
        """Image of the operand's interval."""
        from nnhw.layers.relu.golden import run

        shape = np.broadcast_shapes(np.shape(self.x.low), np.shape(self.slope))
        ends = [run(self, np.broadcast_to(b, shape)) for b in (self.x.low, self.x.high)]
        low = np.minimum(*ends)
        crosses = (self.x.low < 0) & (self.x.high > 0)
        low = np.where(crosses, np.minimum(low, 0), low)
        return TensorType(self.x.shape, as_mantissas(low), as_mantissas(np.maximum(*ends)),
                          self.x.frac + self.slope_frac)
