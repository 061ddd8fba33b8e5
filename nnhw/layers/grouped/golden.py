# SPDX-License-Identifier: Apache-2.0
"""Grouped: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.grouped.op import Grouped
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Grouped, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (..., groups, fan_in).

    A partial sum is bounded by the sum of magnitudes, so float64 is exact below 2**53.
    """
    low, high = op.x.bounds
    peak = int(np.abs(op.weight.astype(object)).sum(axis=-1).max(initial=0)) * max(-low, high, 1)
    kind = np.float64 if peak < 1 << 53 else object
    products = x.astype(kind)[..., None, :] @ op.weight.astype(kind).swapaxes(-1, -2)
    return as_mantissas(products[..., 0, :].astype(np.int64 if kind is np.float64 else object)
                        + op.bias)
