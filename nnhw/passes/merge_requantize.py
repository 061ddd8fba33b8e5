# SPDX-License-Identifier: Apache-2.0
"""Merge two Requantize in a row where that is provably exact."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.ir.graph import Graph, Node
from nnhw.layers import Requantize
from nnhw.layers.requantize.golden import scaled
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Overflow, Rounding
from nnhw.passes.rewrite import rebuilt, sole_reader

__all__ = ["merge_requantize"]

_SATURATING = (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)


def merge_requantize(graph: Graph) -> Graph:
    """Three cases: the first loses nothing; both round down; the second only limits.

    One pair in a chain is merged at a time, so longer chains take several runs of the pass.
    """
    nodes: dict[str, Node] = {}
    aliases: dict[str, str] = {}
    for node in graph:
        first = graph.producer(node.inputs[0])
        if first is None or first.name in nodes or sole_reader(graph, first.name) != node.name:
            continue
        if isinstance(first.op, Requantize) and isinstance(node.op, Requantize):
            op = merged(first.op, node.op)
            if op is not None:
                nodes[node.name] = Node(op, first.inputs)
                aliases[first.name] = first.inputs[0]
    return rebuilt(graph, nodes, aliases) if nodes else graph


def merged(first: Requantize, second: Requantize) -> Requantize | None:
    """One operation equal to ``second`` after ``first`` for every operand, or None."""
    if _plain(first) and first.shift <= 0 and not _limits(first):
        factor = 1 << -first.shift
        return replace(second, x=first.x, multiplier=_times(second.multiplier, factor))
    floors = first.to.rounding is second.to.rounding is Rounding.FLOOR
    if floors and _plain(second) and first.shift >= 0 and second.shift >= 0 and not _limits(first):
        return replace(first, name=second.name, to=second.to, shift=first.shift + second.shift,
                       low=second.low, high=second.high)
    if _plain(second) and second.shift == 0 and _saturates(first) and _saturates(second) \
            and first.to.type.frac == second.to.type.frac:
        low, high = max(first.limits[0], second.limits[0]), min(first.limits[1], second.limits[1])
        if low <= high and first.to.type.min <= low and high <= first.to.type.max:
            return replace(first, name=second.name, low=low, high=high)
    return None


def _plain(op: Requantize) -> bool:
    """Whether only a shift is done."""
    return bool(np.all(np.asarray(op.multiplier) == 1) and np.all(np.asarray(op.offset) == 0))


def _saturates(op: Requantize) -> bool:
    return op.to.overflow in _SATURATING


def _limits(op: Requantize) -> bool:
    """Whether any operand leaves the type or the limits."""
    shape = np.broadcast_shapes(np.shape(op.x.low), np.shape(op.multiplier), np.shape(op.offset))
    ends = [scaled(op, np.broadcast_to(b, shape)) for b in (op.x.low, op.x.high)]
    low, high = min(int(e.min()) for e in ends), max(int(e.max()) for e in ends)
    return low < op.limits[0] or high > op.limits[1]


def _times(multiplier: Any, factor: int) -> Any:
    if isinstance(multiplier, int):
        return multiplier * factor
    return as_mantissas(np.asarray(multiplier).astype(object) * factor)
