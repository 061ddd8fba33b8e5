# SPDX-License-Identifier: Apache-2.0
"""Requantize said once more, on fractions."""

from fractions import Fraction

import numpy as np

from tests.numeric.models import bring_in, round_fraction

__all__ = ["slow"]


def slow(op, x):
    """Element by element; the last axis are the channels."""
    channels = x.shape[-1]
    multiplier = np.broadcast_to(np.asarray(op.multiplier, dtype=object), (channels,))
    offset = np.broadcast_to(np.asarray(op.offset, dtype=object), (channels,))
    result = np.empty(x.shape, dtype=object)
    for at, value in np.ndenumerate(x):
        exact = Fraction(int(value) * int(multiplier[at[-1]]) + int(offset[at[-1]]))
        y = bring_in(round_fraction(exact / Fraction(2)**op.shift, op.to.rounding), op.to.type,
                     op.to.overflow)
        y = y if op.low is None else max(y, op.low)
        result[at] = y if op.high is None else min(y, op.high)
    return result
