# SPDX-License-Identifier: Apache-2.0
"""Total: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.total.op import Total
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Total, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (batch, ..., channels)."""
    over = {"sum": np.sum, "max": np.max, "min": np.min}[op.how]
    result: Mantissas = over(x.reshape(len(x), op.vectors, -1), axis=1)
    return result
