# SPDX-License-Identifier: Apache-2.0
"""Reduce: the circuit."""

from collections.abc import Sequence

from nnhw.layers.reduce.op import Reduce
from nnhw.program.beat import Beat
from nnhw.program.builder import Program, Value

__all__ = ["axis", "combine", "kernel"]


def axis(op: Reduce) -> int:
    """A beat carries whole vectors."""
    return op.x.shape[-1]


def kernel(op: Reduce, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """A balanced tree for each vector."""
    taps = op.x.shape[-1]
    return [_tree(beat.program, x[at:at + taps], op.how) for at in range(0, len(x), taps)]


def _tree(p: Program, x: Sequence[Value], how: str) -> Value:
    level = list(x)
    while len(level) > 1:
        pairs = [combine(p, a, b, how) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(level) - len(level) % 2:]
    return level[0]


def combine(p: Program, a: Value, b: Value, how: str) -> Value:
    """Sum, larger or smaller of two values."""
    match how:
        case "sum":
            return p.add(a, b, name="sum")
        case "max":
            return p.maximum(a, b, "max")
        case _:
            smaller = p.mux(p.less(a, b), a, b, "min")
            return p.known(smaller, min(a.low, b.low), min(a.high, b.high))
