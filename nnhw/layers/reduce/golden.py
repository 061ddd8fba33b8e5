# SPDX-License-Identifier: Apache-2.0
"""Reduce: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.reduce.op import Reduce
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Reduce, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (..., taps)."""
    over = {"sum": np.sum, "max": np.max, "min": np.min}[op.how]
    result: Mantissas = over(x, axis=-1)
    return result
