# SPDX-License-Identifier: Apache-2.0
"""Merge: the reference result, bit for bit."""

import numpy as np

from nnhw.layers.merge.op import Merge
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Merge, a: Mantissas, b: Mantissas) -> Mantissas:
    """Two arrays of one shape."""
    ends = [abs(end) << shift for x, shift in ((op.a, op.shift_a), (op.b, op.shift_b))
            for end in (*x.bounds, *op.y.bounds)]
    wide = object if max(ends) >= 1 << 62 else np.int64
    a, b = a.astype(wide) << op.shift_a, b.astype(wide) << op.shift_b
    match op.how:
        case "mul":
            return as_mantissas(a * b)
        case "max":
            return as_mantissas(np.maximum(a, b))
        case _:
            return as_mantissas(np.minimum(a, b))
