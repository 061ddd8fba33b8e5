# SPDX-License-Identifier: Apache-2.0
"""Gather: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.gather.op import Gather
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Gather, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array whose first axis is the batch."""
    picked = x.reshape(len(x), -1)[:, op.index.reshape(-1)]
    result: Mantissas = np.where(op.index.reshape(-1) < 0, as_mantissas(op.value), picked)
    return result.reshape(len(x), *op.index.shape)
