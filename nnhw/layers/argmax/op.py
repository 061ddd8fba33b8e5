# SPDX-License-Identifier: Apache-2.0
"""Argmax: what the operation means."""

from dataclasses import dataclass
from functools import cached_property

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas

__all__ = ["Argmax"]


@dataclass(frozen=True, eq=False)
class Argmax(Op):
    """Index of the largest element of the last axis, which keeps length 1.

    Parameters
    ----------
    x : TensorType, shape (..., channels), one binary point
        Operand.
    last : bool
        Which of several equal maxima counts: the first, or (ONNX ``select_last_index``) the last.
    """

    x: TensorType
    last: bool = False

    @cached_property
    def y(self) -> TensorType:
        """Whole numbers from 0 to channels - 1."""
        shape = (*self.x.shape[:-1], 1)
        return TensorType(shape, as_mantissas(0), as_mantissas(self.x.shape[-1] - 1))
