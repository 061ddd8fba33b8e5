# SPDX-License-Identifier: Apache-2.0
"""Grouped: the circuit, spatial or folded."""

from collections.abc import Sequence

from nnhw.layers.dense.rtl import matrix
from nnhw.layers.grouped.op import Grouped
from nnhw.program.beat import Beat
from nnhw.program.builder import Program, Value

__all__ = ["axis", "folded", "kernel"]


def axis(op: Grouped) -> int:
    """A beat of the spatial circuit carries the vectors of all groups."""
    return op.groups * op.fan_in


def kernel(op: Grouped, beat: Beat, x: Sequence[Value]) -> list[Value]:
    """The spatial circuit (reuse 1): sums of shifted operands, shared among a group's rows."""
    results = []
    for at in range(0, len(x), op.fan_in):
        group = at // op.fan_in % op.groups
        vector = x[at:at + op.fan_in]
        rows = zip(op.weight[group].tolist(), op.bias[group].tolist(), strict=True)
        results += [beat.program.dot(vector, weight, bias, f"y{group}_{row}")
                    for row, (weight, bias) in enumerate(rows)]
    return results


def folded(op: Grouped, p: Program, x: Sequence[Value], steps: tuple[int, int],
           controls: dict[str, Value], bounds: Sequence[tuple[int, int]]) -> list[Value]:
    """The folded circuit; see ``nnhw.layers.dense.rtl.matrix``."""
    return matrix(op.weight, op.bias, p, x, steps, controls, bounds, op.writable)
