# SPDX-License-Identifier: Apache-2.0
"""Dense: the reference result by exact floats, where there is one."""

from typing import Any

import numpy as np

from nnhw.layers.dense.op import Dense
from nnhw.numeric.floats import EXACT, Floats, FloatStep, Rows

__all__ = ["floats"]

#: Products in a matrix product up to which OpenBLAS starts no threads: samples are shared out
#: between threads already, and those of OpenBLAS wait for each other busily.
_ALONE = 1 << 18
#: Rows of a piece so small, from which the calls themselves do not matter.
_LEAST = 16


def floats(op: Dense, kind: Any) -> FloatStep | None:
    """``op`` on whole numbers held as ``kind`` of float; None where that could round.

    Whatever its order, a partial sum is bounded by the sum of magnitudes.
    """
    if _magnitude(op) > EXACT[kind]:
        return None
    weight, bias = np.ascontiguousarray(op.weight.T.astype(kind)), Rows(op.bias.astype(kind))
    piece = _ALONE // max(1, op.weight.size)

    def run(x: Floats, out: Floats | None) -> Floats:
        flat = x.reshape(-1, op.fan_in)
        y = np.empty((len(flat), op.fan_out), kind)
        size = piece if piece >= _LEAST else max(1, len(flat))
        for at in range(0, len(flat), size):
            np.matmul(flat[at:at + size], weight, out=y[at:at + size])
        y += bias.of(y)
        return y.reshape(*x.shape[:-1], op.fan_out)

    return run


def _magnitude(op: Dense) -> int:
    """Bound of all partial sums, from the interval of each element where those differ."""
    peaks = np.abs(np.asarray(op.x.bounds, dtype=object)).reshape(2, 1)
    if op.x.low.size > 1 or op.x.high.size > 1:
        peaks = np.abs(np.stack(op.x.flat_bounds())).reshape(-1, op.fan_in)
    weight, peak = np.abs(op.weight), peaks.max(axis=0)
    if int(weight.max(initial=0)) * int(peak.max(initial=0)) * op.fan_in >= 1 << 62:
        weight, peak = weight.astype(object), peak.astype(object)
    rows = (weight * peak.astype(weight.dtype)).sum(axis=1).astype(object)
    return int(max(rows + np.abs(op.bias.astype(object)), default=0))
