# SPDX-License-Identifier: Apache-2.0
"""Requantize: the circuit."""

from collections.abc import Sequence

from nnhw.layers.requantize.op import Requantize
from nnhw.program.arithmetic import fit, shift_right
from nnhw.program.beat import Beat
from nnhw.program.builder import Value

__all__ = ["kernel"]


def kernel(op: Requantize, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """Lane by lane: product by a constant, rounding bias, dropped bits, range."""
    p = beat.program
    low, high = op.limits
    results = []
    for lane, value in enumerate(x):
        product = beat.scaled(value, op.multiplier, lane, op.x.shape)
        total = p.add(product, beat.channel(op.offset, lane, op.x.shape))
        rounded = shift_right(p, total, op.shift, op.rounding)
        inside = fit(p, rounded, op.to.type, op.to.overflow)
        results.append(p.clip(inside, low, high))
    return results
