# SPDX-License-Identifier: Apache-2.0
"""Total: what the operation means."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers.reduce.op import reduced_type

__all__ = ["Total"]


@dataclass(frozen=True, eq=False)
class Total(Op):
    """Sum, largest or smallest of all vectors of a frame, channel by channel (global pools).

    Parameters
    ----------
    x : TensorType, shape (..., channels)
        Operand; all leading axes go away.
    how : str
        ``sum``, ``max`` or ``min``.
    """

    x: TensorType
    how: str = "sum"

    @property
    def vectors(self) -> int:
        """Vectors in a frame."""
        return self.x.size // self.x.shape[-1]

    @cached_property
    def y(self) -> TensorType:
        """Interval of each channel."""
        channels = self.x.shape[-1]
        low, high = (np.broadcast_to(b, self.x.shape).reshape(-1, channels)
                     for b in (self.x.low, self.x.high))
        return reduced_type(self.x, low, high, self.how, 0, (channels,))
