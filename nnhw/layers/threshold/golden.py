# SPDX-License-Identifier: Apache-2.0
"""Threshold: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.threshold.op import Threshold
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Threshold, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array whose last axis are the channels."""
    count = np.zeros(x.shape, dtype=np.int64)
    down = np.asarray(op.descending)
    for level in op.thresholds.T:
        count += np.where(down, x <= level, x >= level)
    result: Mantissas = op.base + op.step * count
    return result
