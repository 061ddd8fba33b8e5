# SPDX-License-Identifier: Apache-2.0
"""Dense: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.dense.op import Dense
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["matrix_product", "run"]


def run(op: Dense, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (..., fan_in)."""
    return as_mantissas(matrix_product(op, x) + op.bias)


def matrix_product(op: Dense, x: Mantissas) -> Mantissas:
    """``x @ weight.T`` by the fastest arithmetic that is exact for every possible partial sum.

    A partial sum in any order is bounded by the sum of magnitudes, so float32 and float64 matrix
    products (BLAS) are exact below 2**24 and 2**53.
    """
    low, high = op.x.bounds
    peak = int(np.abs(op.weight.astype(object)).sum(axis=1).max(initial=1)) * max(-low, high, 1)
    if peak < 1 << 53:
        kind = np.float32 if peak < 1 << 24 else np.float64
        exact: Mantissas = (x.astype(kind) @ op.weight.T.astype(kind)).astype(np.int64)
        return exact
    if peak < 1 << 62:
        return as_mantissas(x @ op.weight.T)
    return as_mantissas(x.astype(object) @ op.weight.T.astype(object))
