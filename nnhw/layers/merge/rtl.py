# SPDX-License-Identifier: Apache-2.0
"""Merge: the circuit."""

from collections.abc import Sequence

from nnhw.layers.merge.op import Merge
from nnhw.layers.reduce.rtl import combine
from nnhw.program.beat import Beat
from nnhw.program.builder import Value

__all__ = ["kernel"]


def kernel(op: Merge, beat: Beat, a: Sequence[Value], b: Sequence[Value]) -> list[Value]:
    """Lane by lane."""
    p = beat.program
    if op.how == "mul":
        return [p.mul(x, y, "product") for x, y in zip(a, b, strict=True)]
    return [combine(p, p.shift(x, op.shift_a), p.shift(y, op.shift_b), op.how)
            for x, y in zip(a, b, strict=True)]
