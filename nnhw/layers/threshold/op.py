# SPDX-License-Identifier: Apache-2.0
"""Threshold: what the operation means."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["Threshold"]


@dataclass(frozen=True, eq=False)
class Threshold(Op):
    """``y = base + step * #{k: x >= thresholds[c, k]}`` for channel ``c``, the last axis.

    It renders any monotone step function exactly: BatchNorm, float scales and quantizer in one
    (Umuroglu et al., FINN, FPGA 2017, section 4.2.2).

    Parameters
    ----------
    x : TensorType, shape (..., channels)
        Operand.
    thresholds : Mantissas, shape (channels, levels) or (1, levels)
        Each row ascending.
    descending : bool array, shape (channels,) or ()
        Where true, ``x <= thresholds[c, k]`` is counted instead, rows still ascending.
    base, step : int
        Result when no threshold is reached, and what each one adds (2 for bipolar codes).
    frac : int
        Fraction bits of the result.
    """

    x: TensorType
    thresholds: Mantissas
    descending: Any = False
    base: int = 0
    step: int = 1
    frac: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "thresholds", as_mantissas(self.thresholds))

    @property
    def levels(self) -> int:
        """Thresholds of each channel."""
        return self.thresholds.shape[1]

    @cached_property
    def y(self) -> TensorType:
        """Per channel, the results at both ends of the operand's interval."""
        from nnhw.layers.threshold.golden import run

        shape = np.broadcast_shapes(np.shape(self.x.low), (len(self.thresholds),),
                                    np.shape(self.descending))
        ends = [run(self, np.broadcast_to(b, shape)) for b in (self.x.low, self.x.high)]
        return TensorType(self.x.shape, np.minimum(*ends), np.maximum(*ends), self.frac)
