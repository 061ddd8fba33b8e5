# SPDX-License-Identifier: Apache-2.0
"""Dense: the reference result by exact floats, where there is one."""

from typing import Any

import numpy as np

from nnhw.layers.dense.op import Dense
from nnhw.numeric.floats import EXACT, Floats, FloatStep

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
    weight, bias = np.ascontiguousarray(op.weight.T.astype(kind)), op.bias.astype(kind)
    piece = _ALONE // max(1, op.weight.size)

    def run(x: Floats, out: Floats | None) -> Floats:
        flat = x.reshape(-1, op.fan_in)
        y = np.empty((len(flat), op.fan_out), kind)
        size = piece if piece >= _LEAST else max(1, len(flat))
        for at in range(0, len(flat), size):
            np.matmul(flat[at:at + size], weight, out=y[at:at + size])
        y += bias
        return y.reshape(*x.shape[:-1], op.fan_out)

    return run


def _magnitude(op: Dense) -> int:
    weight = op.weight
    if weight.size and int(np.abs(weight).max()) * op.fan_in >= 1 << 62:
        weight = weight.astype(object)
    rows = np.abs(weight).sum(axis=1).astype(object) * max(map(abs, op.x.bounds))
    return int(max(rows + np.abs(op.bias.astype(object)), default=0))
