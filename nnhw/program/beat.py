# SPDX-License-Identifier: Apache-2.0
"""What a layer's kernel is told of the beats it works on."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nnhw.ir.types import TensorType
from nnhw.program.arithmetic import times
from nnhw.program.builder import Program, Value
from nnhw.program.memories import memory

__all__ = ["Beat", "lane_bounds"]


def lane_bounds(tensor: TensorType, lanes: int, every: int) -> list[tuple[int, int]]:
    """Interval of each lane: the union over the elements that pass through it.

    ``every`` is the number of beats in a frame; elements beyond the tensor's size count as 0.
    """
    low, high = tensor.flat_bounds()
    pad = every * lanes - tensor.size
    low = np.concatenate([low, np.zeros(pad, dtype=low.dtype)]).reshape(every, lanes)
    high = np.concatenate([high, np.zeros(pad, dtype=high.dtype)]).reshape(every, lanes)
    return [(int(a), int(b)) for a, b in zip(low.min(axis=0), high.max(axis=0), strict=True)]


@dataclass
class Beat:
    """Place where a kernel writes its steps.

    Parameters
    ----------
    program : Program
        Under construction.
    lanes : int
        Elements of the operand in a beat.
    group : Value or None
        Number of the beat, modulo ``every``; None where that is 1.
    every : int
        Beats after which the constants of a lane repeat.
    """

    program: Program
    lanes: int
    group: Value | None
    every: int

    def channel(self, values: Any, lane: int, shape: tuple[int, ...]) -> Value:
        """The constant of a lane's element: fixed, or read from a table by the beat's number.

        ``values`` broadcasts to ``shape``, the shape of the tensor.
        """
        span = shape[-1:] if np.ndim(values) <= 1 else shape
        flat = np.broadcast_to(np.asarray(values), span).reshape(-1)
        met = [int(flat[(beat * self.lanes + lane) % len(flat)]) for beat in range(self.every)]
        if self.group is None or min(met) == max(met):
            return self.program.const(met[0])
        return memory(self.program, self.group, [met], "constant")[0]

    def scaled(self, x: Value, values: Any, lane: int, shape: tuple[int, ...]) -> Value:
        """Product of an element and its channel's constant; never ``*`` by a fixed number."""
        factor = self.channel(values, lane, shape)
        if factor.low == factor.high:
            return times(self.program, x, factor.low)
        return self.program.mul(x, factor)
