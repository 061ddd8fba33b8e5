# SPDX-License-Identifier: Apache-2.0
"""Relu and leaky Relu: the circuit."""

from collections.abc import Sequence

from nnhw.layers.relu.op import Relu
from nnhw.program.beat import Beat
from nnhw.program.builder import Value

__all__ = ["kernel"]


def kernel(op: Relu, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """Lane by lane: the sign selects."""
    return [_lane(op, beat, value, lane) for lane, value in enumerate(x)]


def _lane(op: Relu, beat: Beat, x: Value, lane: int) -> Value:
    p = beat.program
    if x.low >= 0:
        return p.shift(x, op.slope_frac)
    down = beat.scaled(x, op.slope, lane, op.x.shape)
    if x.high < 0:
        return down
    up = p.shift(p.known(x, 0, x.high), op.slope_frac)
    return p.mux(p.negative(x), down, up)
