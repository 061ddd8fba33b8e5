# SPDX-License-Identifier: Apache-2.0
"""Relu and leaky Relu: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.relu.op import Relu
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Relu, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array whose last axis are the channels."""
    result: Mantissas = np.where(x >= 0, x << op.slope_frac, x * np.asarray(op.slope))
    return result
