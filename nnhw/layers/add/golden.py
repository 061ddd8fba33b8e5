# SPDX-License-Identifier: Apache-2.0
"""Add: the reference result, bit for bit."""

from nnhw.layers.add.op import Add
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(op: Add, a: Mantissas, b: Mantissas) -> Mantissas:
    """Sum of two arrays of the same shape."""
    result: Mantissas = (a << op.shift_a) + (b << op.shift_b)
    return result
