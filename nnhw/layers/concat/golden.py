# SPDX-License-Identifier: Apache-2.0
"""Concat: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.concat.op import Concat
from nnhw.numeric.golden import shift_right
from nnhw.numeric.types import Mantissas, Rounding

__all__ = ["run"]


def run(op: Concat, a: Mantissas, b: Mantissas) -> Mantissas:
    """Two arrays, equal in all but the last axis."""
    parts = [shift_right(v, -by, Rounding.FLOOR) for v, by in ((a, op.shift_a), (b, op.shift_b))]
    result: Mantissas = np.concatenate(parts, axis=-1)
    return result
