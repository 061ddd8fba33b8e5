# SPDX-License-Identifier: Apache-2.0
"""Window: what the operation means."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas

__all__ = ["Window"]

Pair = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Window(Op):
    """Every place of a kernel on an image, as one vector for each channel (im2col).

    ``y[oy, ox, c, i * kernel[1] + j] = x[oy * stride[0] + i * dilation[0] - before[0],
    ox * stride[1] + j * dilation[1] - before[1], c]``, or ``value`` outside the image.
    A convolution is a Window and a Dense, a pool a Window and a Reduce.

    Parameters
    ----------
    x : TensorType, shape (height, width, channels)
        Operand; one-dimensional signals have height 1.
    kernel, stride, dilation : pair of int
        Rows and columns.
    before, after : pair of int
        Rows and columns of padding above and left, below and right.
    value : int
        Mantissa that the padding holds.
    """

    x: TensorType
    kernel: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    before: Pair = (0, 0)
    after: Pair = (0, 0)
    value: int = 0

    @property
    def places(self) -> Pair:
        """Rows and columns of the result."""
        rows, columns = (
            (self.x.shape[k] + self.before[k] + self.after[k]
             - (self.kernel[k] - 1) * self.dilation[k] - 1) // self.stride[k] + 1
            for k in range(2))
        return rows, columns

    @property
    def taps(self) -> int:
        """Elements of a window for each channel."""
        return self.kernel[0] * self.kernel[1]

    def corner(self, place: Pair) -> int:
        """Pixel, counted along the rows, of a window's last tap; it may lie beyond its row."""
        row, column = (place[k] * self.stride[k] - self.before[k]
                       + (self.kernel[k] - 1) * self.dilation[k] for k in range(2))
        return row * self.x.shape[1] + column

    @property
    def is_streamable(self) -> bool:
        """Whether windows come out of a stream in order, one a push, and frames do not overtake.

        It fails only where the padding is wider than usual; padding by a Gather then helps.
        """
        rows, columns = self.places
        first, last = self.corner((0, 0)), self.corner((rows - 1, columns - 1))
        row_gap = self.corner((1, 0)) - self.corner((0, columns - 1))
        pixels = self.x.shape[0] * self.x.shape[1]
        in_time = last - pixels < min(first, pixels)  # one more frame under way, not two
        return first >= 0 and (rows == 1 or row_gap > 0) and in_time

    @property
    def is_padded(self) -> bool:
        """Whether any window reaches beyond the image."""
        last = [(self.places[k] - 1) * self.stride[k] + (self.kernel[k] - 1) * self.dilation[k]
                for k in range(2)]
        return any(self.before) or any(last[k] - self.before[k] >= self.x.shape[k]
                                       for k in range(2))

    @cached_property
    def y(self) -> TensorType:
        """Interval of each channel, and of the padding."""
        channels = self.x.shape[-1]
        low, high = (np.broadcast_to(b, self.x.shape).reshape(-1, channels)
                     for b in (self.x.low, self.x.high))
        low, high = low.min(axis=0)[:, None], high.max(axis=0)[:, None]
        if self.is_padded:
            value = as_mantissas(self.value)
            low, high = np.minimum(low, value), np.maximum(high, value)
        frac = self.x.frac if isinstance(self.x.frac, int) else np.broadcast_to(
            self.x.frac, self.x.shape)[0, 0][:, None]
        return TensorType((*self.places, channels, self.taps), as_mantissas(low),
                          as_mantissas(high), frac)
