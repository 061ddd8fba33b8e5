# SPDX-License-Identifier: Apache-2.0
"""Threshold: the circuit."""

from collections.abc import Sequence

import numpy as np

from nnhw.layers.threshold.op import Threshold
from nnhw.program.arithmetic import times
from nnhw.program.beat import Beat
from nnhw.program.builder import Value

__all__ = ["kernel"]


def kernel(op: Threshold, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """Lane by lane: one comparator a level, then a count.

    A descending channel turns ``x <= t`` into ``-x >= -t``, so that only signs differ between
    the channels that share a lane.
    """
    channels = op.x.shape[-1]
    down = np.broadcast_to(np.asarray(op.descending), (channels,))
    rows = np.broadcast_to(op.thresholds, (channels, op.levels))
    signs = np.where(down, -1, 1)
    bounds = rows * signs[:, None]
    return [_lane(op, beat, value, lane, signs, bounds) for lane, value in enumerate(x)]


def _lane(op: Threshold, beat: Beat, x: Value, lane: int, signs: np.ndarray,
          bounds: np.ndarray) -> Value:
    p = beat.program
    value = beat.scaled(x, signs, lane, op.x.shape)
    reached = []
    for level in range(op.levels):
        bound = beat.channel(bounds[:, level], lane, op.x.shape)
        below = p.less(value, bound)
        reached.append(p.subtract(p.const(1), below))
    count = p.known(p.sum(reached), 0, op.levels)
    return p.add(times(p, count, op.step), p.const(op.base))
