# SPDX-License-Identifier: Apache-2.0
"""Requantize: the reference result by exact floats, where there is one."""

from typing import Any

import numpy as np

from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.floats import EXACT, Floats, FloatStep, Rows, rounder, wrap
from nnhw.numeric.types import Overflow

__all__ = ["floats"]

_OVERFLOWS = (Overflow.WRAP, Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)
#: Powers of two beyond which float32 nears its smallest and largest.
_FAR = 60


def floats(op: Requantize, kind: Any) -> FloatStep | None:
    """``op`` on whole numbers held as ``kind`` of float; None where that could round.

    Scaling by a power of two never rounds, so only the odd part of a multiplier counts, and
    offsets and ties are scaled before they are added.
    """
    rounded = rounder(op.rounding)
    if rounded is None or op.to.overflow not in _OVERFLOWS or not _is_exact(op, EXACT[kind]):
        return None
    multiplier, offset = (np.asarray(v, dtype=object) for v in (op.multiplier, op.offset))
    factor = Rows(np.asarray(multiplier * 2.0**-op.shift, dtype=kind))
    start = Rows(np.asarray(offset * 2.0**-op.shift + (rounded[0] if op.shift > 0 else 0),
                            dtype=kind))
    apply = rounded[1] if op.shift > 0 else None
    low, high = _ends(op)
    floor, ceiling = op.limits

    def run(x: Floats, out: Floats | None) -> Floats:
        y = np.multiply(x, factor.of(x), out=out)
        if start.constants.any():
            y += start.of(y)
        if apply is not None:
            apply(y, out=y)
        if op.to.overflow is Overflow.WRAP and (low < floor or high > ceiling):
            return wrap(y, op.to.type)
        if low < floor:
            np.maximum(y, floor, out=y)
        if high > ceiling:
            np.minimum(y, ceiling, out=y)
        return y

    return run


def _ends(op: Requantize) -> tuple[int, int]:
    """Bounds of the result before it is brought in range; at most one too wide."""
    multiplier, offset = (np.asarray(v, dtype=object) for v in (op.multiplier, op.offset))
    sums = [int(end) for x in op.x.bounds for end in np.asarray(x * multiplier + offset).flat]
    low, high = min(sums), max(sums)
    if op.shift <= 0:
        return low << -op.shift, high << -op.shift
    return low >> op.shift, -(-high >> op.shift)


def _is_exact(op: Requantize, limit: int) -> bool:
    multiplier = [abs(int(m)) for m in np.asarray(op.multiplier).flat]
    offset = max(abs(int(o)) for o in np.asarray(op.offset).flat)
    rounded = rounder(op.rounding)
    tie = 1 << op.shift >> 1 if op.shift > 0 and rounded and rounded[0] else 0
    if abs(op.shift) > _FAR or max(multiplier) >> _FAR:
        return False
    peak = max(map(abs, op.x.bounds))
    if offset or tie:
        digits = peak * max(multiplier) + offset + tie
    else:
        digits = peak * max(m // (m & -m) for m in multiplier if m) if any(multiplier) else 0
    ends = max(map(abs, _ends(op)))
    turn = 1 << op.to.type.width if op.to.overflow is Overflow.WRAP else 0
    return digits <= limit and ends + turn <= limit
