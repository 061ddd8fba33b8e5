# SPDX-License-Identifier: Apache-2.0
"""Reduce: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.reduce.op import Reduce
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["reduced", "run"]


def run(op: Reduce, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (..., taps)."""
    return reduced(x, op.how, -1)


def reduced(x: Mantissas, how: str, axis: int) -> Mantissas:
    """``how`` over an axis; sums that could leave int64 are those of Python integers."""
    if how == "sum" and x.size and int(np.abs(x).max()) * x.shape[axis] >= 1 << 62:
        x = x.astype(object)
    over = {"sum": np.add, "max": np.maximum, "min": np.minimum}[how].reduce
    return as_mantissas(over(x, axis=axis))
