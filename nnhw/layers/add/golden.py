# SPDX-License-Identifier: Apache-2.0
"""Add: the reference result, bit for bit."""

from nnhw.layers.add.op import Add
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Add, a: Mantissas, b: Mantissas) -> Mantissas:
    """Sum of two arrays of the same shape."""
    ends = [abs(end) << shift for operand, shift in ((op.a, op.shift_a), (op.b, op.shift_b))
            for end in operand.bounds]
    if max(ends) >= 1 << 61:
        a, b = a.astype(object), b.astype(object)
    return as_mantissas((a << op.shift_a) + (b << op.shift_b))
