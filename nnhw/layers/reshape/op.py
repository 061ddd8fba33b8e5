# SPDX-License-Identifier: Apache-2.0
"""Reshape: what the operation means. It costs nothing in hardware."""

from dataclasses import dataclass
from functools import cached_property

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType

__all__ = ["Reshape"]


@dataclass(frozen=True, eq=False)
class Reshape(Op):
    """The same elements in the same row-major order under another shape.

    Parameters
    ----------
    x : TensorType
        Operand.
    shape : tuple of int
        Shape of the result, of the same size.
    """

    x: TensorType
    shape: tuple[int, ...]

    @cached_property
    def y(self) -> TensorType:
        """The operand's type under the new shape."""
        return self.x.reshaped(self.shape)
