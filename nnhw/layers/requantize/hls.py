# SPDX-License-Identifier: Apache-2.0
"""Requantize: the HLS C++."""

from math import prod

import numpy as np

from nnhw.hls.kernel import Constant, Kernel, Place, channelled, number, period, typedef
from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType

__all__ = ["kernel"]


def kernel(op: Requantize, place: Place) -> Kernel:
    """A shift with rounding and a range; before it a product and a sum where there are any."""
    members = [typedef("to_t", op.to.type), f"static const int shift = {op.shift};",
               f"static const nnhw::rounding rounding = nnhw::{op.to.rounding.name};",
               f"static const nnhw::overflow overflow = nnhw::{op.to.overflow.name};",
               *_limits(op)]
    if np.all(np.asarray(op.multiplier) == 1) and np.all(np.asarray(op.offset) == 0):
        return Kernel("elementwise.h", "each<nnhw::requantize, LAYER>", members)
    axes = period(op.x.shape, op.multiplier, op.offset)
    scaling, constants = _scaling(op, place, axes)
    return Kernel("elementwise.h", "each<nnhw::rescale, LAYER>", members + scaling, constants,
                  period=prod(axes))


def _limits(op: Requantize) -> list[str]:
    bounded = op.low is not None or op.high is not None
    low, high = op.limits
    return [f"static const bool bounded = {str(bounded).lower()};",
            *number("low", low, "to_t", op.to.type), *number("high", high, "to_t", op.to.type)]


def _scaling(op: Requantize, place: Place, axes: tuple[int, ...]
             ) -> tuple[list[str], list[Constant]]:
    factors, terms = (np.atleast_1d(v).astype(object) for v in (op.multiplier, op.offset))
    low, high = op.x.bounds
    peak = max(-low, high, 1) * int(abs(factors).max()) + int(abs(terms).max())
    wide = max(FixedType.containing(-peak, peak).width, op.x.element.width + 1)
    lines, arrays = channelled(place, "multiplier", op.multiplier, axes, "scaled_t",
                               "multiplier[channel]")
    more, others = channelled(place, "offset", op.offset, axes, "scaled_t",
                              "offset[channel]")
    return [typedef("scaled_t", FixedType(wide)), *lines, *more], arrays + others
