# SPDX-License-Identifier: Apache-2.0
"""Lookup: the circuit."""

from collections.abc import Sequence

import numpy as np

from nnhw.layers.lookup.op import Lookup
from nnhw.program.beat import Beat
from nnhw.program.builder import Program, Value

__all__ = ["kernel", "read"]

#: Tables above this many bits are read at a clock edge, so that they fit block RAM.
_LUT_ROM_BITS = 1024


def kernel(op: Lookup, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """Lane by lane: index, saturation at the table's ends, ROM.

    A lane whose elements always are of one channel has that channel's table alone, from the
    smallest operand on that the lane can meet.
    """
    p, channels = beat.program, op.x.shape[-1]
    tables = op.table.reshape(-1, op.size)
    results = []
    for lane, value in enumerate(x):
        first = max(op.start, min(value.low, op.start + op.size - 1)) if op.shift == 0 else op.start
        place = p.shift(p.add(value, p.const(-first)), -op.shift)
        index = p.clip(place, 0, op.size - 1 - (first - op.start))
        met = tables[:, first - op.start:]
        row = beat.channel(np.arange(channels), lane, op.x.shape) if len(met) > 1 else p.const(0)
        if row.low == row.high:
            results.append(read(p, index, met[row.low].tolist(), op.function))
            continue
        column = beat.channel(np.arange(channels) * met.shape[1], lane, op.x.shape)
        results.append(read(p, p.add(index, column), met.reshape(-1).tolist(), op.function))
    return results


def read(p: Program, index: Value, values: Sequence[int], name: str) -> Value:
    """Entry of a table, from LUTs when it is small and from block RAM when it is not."""
    width = max(max(values).bit_length(), (~min(values)).bit_length() + 1, 1)
    return p.table(index, values, registered=len(values) * width > _LUT_ROM_BITS, name=name)
