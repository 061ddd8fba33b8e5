# SPDX-License-Identifier: Apache-2.0
"""Concat: the circuit."""

from collections.abc import Sequence

from nnhw.layers.concat.op import Concat
from nnhw.program.beat import Beat
from nnhw.program.builder import Value

__all__ = ["axis", "kernel"]


def axis(op: Concat) -> int:
    """A beat carries whole vectors of both operands."""
    return op.a.shape[-1]


def kernel(op: Concat, beat: Beat, a: Sequence[Value], b: Sequence[Value]) -> list[Value]:
    """Wires, vector by vector."""
    p, left, right = beat.program, op.a.shape[-1], op.b.shape[-1]
    results: list[Value] = []
    for k in range(len(a) // left):
        results += [p.shift(v, op.shift_a) for v in a[k * left:(k + 1) * left]]
        results += [p.shift(v, op.shift_b) for v in b[k * right:(k + 1) * right]]
    return results
