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
    """Lane by lane: index, saturation at the table's ends, ROM."""
    p, channels = beat.program, op.x.shape[-1]
    results = []
    for lane, value in enumerate(x):
        place = p.shift(p.add(value, p.const(-op.start)), -op.shift)
        index = p.clip(place, 0, op.size - 1)
        if op.table.ndim == 1:
            results.append(read(p, index, op.table.tolist(), op.function))
            continue
        column = beat.channel(np.arange(channels) * op.size, lane, op.x.shape)
        results.append(read(p, p.add(index, column), op.table.reshape(-1).tolist(), op.function))
    return results


def read(p: Program, index: Value, values: Sequence[int], name: str) -> Value:
    """Entry of a table, from LUTs when it is small and from block RAM when it is not."""
    width = max(max(values).bit_length(), (~min(values)).bit_length() + 1, 1)
    return p.table(index, values, registered=len(values) * width > _LUT_ROM_BITS, name=name)
