# SPDX-License-Identifier: Apache-2.0
"""Softmax: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.softmax.op import Softmax
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Softmax, x: Mantissas) -> Mantissas:
    """Apply ``op`` to an array of shape (..., classes)."""
    distance = x.max(axis=-1, keepdims=True) - x
    half = 1 << op.exp_shift >> 1
    index = np.minimum((distance + half) >> op.exp_shift, len(op.exp_table) - 1)
    exponential = op.exp_table[index.astype(np.int64)]
    if int(op.recip_table.max()) << op.sum_bits >= 1 << 62:
        exponential = exponential.astype(object)
    total = exponential.sum(axis=-1, keepdims=True)
    shift = op.sum_bits - bit_length(total)
    above = (total << shift) - (1 << op.sum_bits - 1)
    place = (above >> op.recip_shift).astype(np.int64)
    reciprocal = op.recip_table[place]
    if op.drop_table is not None:
        rest = above & (1 << op.recip_shift) - 1
        reciprocal = reciprocal - (op.drop_table[place] * rest >> op.recip_shift)
    product = (exponential * reciprocal) << shift
    result: Mantissas = (product + (1 << op.y_shift >> 1)) >> op.y_shift
    return as_mantissas(np.minimum(result, 1 << op.frac))


def bit_length(x: Mantissas) -> Mantissas:
    """Bits of each positive mantissa; ``frexp`` is exact below 2**53."""
    if x.dtype == object:
        exact: Mantissas = np.vectorize(int.bit_length, otypes=[object])(x)
        return exact
    length: Mantissas = np.frexp(x.astype(np.float64))[1].astype(np.int64)
    return length
