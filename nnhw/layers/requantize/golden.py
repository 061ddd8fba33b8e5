# SPDX-License-Identifier: Apache-2.0
"""Requantize: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.golden import as_mantissas, fit, shift_right
from nnhw.numeric.types import Mantissas

__all__ = ["run", "scaled"]


def run(op: Requantize, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array whose last axis are the channels."""
    y = fit(scaled(op, x), op.to.type, op.to.overflow)
    low, high = op.limits
    if op.low is None and op.high is None:
        return y
    return as_mantissas(np.clip(y, low, high))


def scaled(op: Requantize, x: Mantissas) -> Mantissas:
    """``round((x * multiplier + offset) * 2**-shift)``, before the range is looked at."""
    multiplier, offset = np.asarray(op.multiplier), np.asarray(op.offset)
    if (multiplier == 1).all() and (offset == 0).all():
        return shift_right(np.asarray(x), op.shift, op.rounding)
    low, high = op.x.bounds
    peak = max(-low, high) * max(abs(int(m)) for m in multiplier.flat)
    peak += max(abs(int(o)) for o in offset.flat)
    wide = object if peak >= 1 << 61 else np.int64
    sums = np.asarray(x).astype(wide) * multiplier.astype(wide) + offset.astype(wide)
    return shift_right(np.asarray(sums, dtype=wide), op.shift, op.rounding)
