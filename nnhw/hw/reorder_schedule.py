# SPDX-License-Identifier: Apache-2.0
"""When a reordering reads, and lets go, each beat of a frame."""

from math import gcd

import numpy as np

from nnhw.layers.gather.op import Gather
from nnhw.numeric.types import Mantissas

__all__ = ["ReorderSchedule", "block_size"]


def block_size(op: Gather, offered: int) -> int:
    """Largest number of elements, dividing ``offered``, that move as one block."""
    whole = gcd(gcd(op.x.size, op.index.size), offered)
    for width in sorted((d for d in range(1, whole + 1) if whole % d == 0), reverse=True):
        blocks = op.index.reshape(-1, width)
        first = blocks[:, :1]
        together = (blocks == first + np.arange(width)) & (first % width == 0)
        if (together | ((blocks < 0) & (first < 0))).all():
            return width
    return 1


class ReorderSchedule:
    """What each output beat reads, and which inputs are done with.

    Members
    -------
    beats_in, beats_out : int
        Beats of a frame.
    address : array of int, shape (beats_out,)
        Input beat to read; 0 where ``pad``, for padding too waits until its frame has begun.
    pad : array of bool
        Beats that are padding.
    release : array of int
        Input beats that no later output of the frame reads: a number from 0 to ``beats_in``.
    depth : int
        Beats the buffer holds, a power of two.
    """

    def __init__(self, op: Gather, lanes: int) -> None:
        self.beats_in, self.beats_out = op.x.size // lanes, op.index.size // lanes
        blocks: Mantissas = op.index.reshape(-1, lanes)[:, 0]
        self.pad = blocks < 0
        known = np.where(self.pad, -1, blocks // lanes)
        later = np.where(self.pad, self.beats_in, known)
        still = np.minimum.accumulate(later[::-1])[::-1]
        self.release = np.append(still[1:], self.beats_in)
        self.address = np.where(self.pad, 0, known)
        needed = np.maximum.accumulate(known) + 1
        freed = np.concatenate([[0], self.release[:-1]])
        span = int((needed - freed).max(initial=1))
        self.depth = 1 << max(1, (span + min(span, self.beats_in) - 1).bit_length())

    @property
    def interval(self) -> int:
        """Cycles between frames when the buffer never gets full."""
        return max(self.beats_in, self.beats_out)
