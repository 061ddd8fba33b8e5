# SPDX-License-Identifier: Apache-2.0
"""Relu and leaky Relu: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.relu.op import Relu
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Relu, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array whose last axis are the channels."""
    slope = as_mantissas(op.slope)
    factor = max(1 << op.slope_frac, *(abs(int(end)) for end in (slope.min(), slope.max())))
    if factor * max(map(abs, op.x.bounds)) >= 1 << 62:
        x, slope = x.astype(object), slope.astype(object)
    up, down = (np.asarray(v, dtype=x.dtype) for v in (x << op.slope_frac, x * slope))
    return as_mantissas(np.where(x >= 0, up, down))
