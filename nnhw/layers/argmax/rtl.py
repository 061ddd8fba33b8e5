# SPDX-License-Identifier: Apache-2.0
"""Argmax: the circuit."""

from collections.abc import Sequence

from nnhw.layers.argmax.op import Argmax
from nnhw.program.beat import Beat
from nnhw.program.builder import Program, Value

__all__ = ["axis", "kernel"]

def axis(op: Argmax) -> int:
    """A beat carries whole vectors of the last axis."""
    return op.x.shape[-1]


def kernel(op: Argmax, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """A tournament for each vector; its winner is the first (or last) of equals."""
    size = op.x.shape[-1]
    return [_tournament(beat.program, x[at:at + size], op.last) for at in range(0, len(x), size)]


def _tournament(p: Program, x: Sequence[Value], last: bool) -> Value:
    level = [(value, p.const(k)) for k, value in enumerate(x)]
    while len(level) > 1:
        winners = []
        for (a, at_a), (b, at_b) in zip(level[::2], level[1::2], strict=False):
            second = p.subtract(p.const(1), p.less(b, a)) if last else p.less(a, b)
            second = p.known(second, 0, 1)
            best = p.known(p.mux(second, b, a), max(a.low, b.low), max(a.high, b.high))
            winners.append((best, p.mux(second, at_b, at_a)))
        level = winners + level[len(level) - len(level) % 2:]
    return level[0][1]
