# SPDX-License-Identifier: Apache-2.0
"""Relu and leaky Relu: the HLS C++."""

from math import prod

import numpy as np

from nnhw.hls.cpp import range_type
from nnhw.hls.kernel import Kernel, Place, channelled, period, typedef
from nnhw.layers.relu.op import Relu
from nnhw.numeric.types import FixedType

__all__ = ["kernel"]


def kernel(op: Relu, place: Place) -> Kernel:
    """The sign selects."""
    if op.slope_frac == 0 and np.all(np.asarray(op.slope) == 0):
        return Kernel("elementwise.h", "each<nnhw::relu, LAYER>")
    axes = period(op.x.shape, op.slope)
    lines, arrays = channelled(place, "slope", op.slope, axes, "wide_t",
                               f"slope[channel]: value = mantissa * 2^-{op.slope_frac}")
    wide = op.x.element.width + max(range_type(op.slope).width, op.slope_frac) + 1
    members = [typedef("wide_t", FixedType(wide)),
               f"static const int slope_frac = {op.slope_frac};", *lines]
    return Kernel("elementwise.h", "each<nnhw::leaky_relu, LAYER>", members, arrays,
                  period=prod(axes))
