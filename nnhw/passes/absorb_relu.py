# SPDX-License-Identifier: Apache-2.0
"""Absorb a Relu into the Requantize behind it."""

from dataclasses import replace

import numpy as np

from nnhw.ir.graph import Graph, Node
from nnhw.layers import Relu, Requantize
from nnhw.layers.requantize import golden
from nnhw.numeric.types import Overflow
from nnhw.passes.rewrite import rebuilt, sole_reader

__all__ = ["absorb_relu"]


def absorb_relu(graph: Graph) -> Graph:
    """Turn ``Requantize(Relu(x))`` into one Requantize that never goes below what 0 becomes.

    Exact, because ``f(max(x, 0)) == max(f(x), f(0))`` for an ascending ``f``. Wrapping is not
    ascending, nor is a negative multiplier, so they are left alone.
    """
    nodes: dict[str, Node] = {}
    aliases: dict[str, str] = {}
    for node in graph:
        relu = graph.producer(node.inputs[0])
        if relu is None or sole_reader(graph, relu.name) != node.name:
            continue
        match relu.op, node.op:
            case Relu() as first, Requantize() as op if _is_plain(first) and _ascends(op):
                floor = np.unique(golden.run(op, np.zeros(np.shape(op.offset), dtype=np.int64)))
                if len(floor) == 1:
                    low = int(floor[0]) if op.low is None else max(op.low, int(floor[0]))
                    nodes[node.name] = Node(replace(op, low=low), node.inputs)
                    aliases[relu.name] = relu.inputs[0]
    return rebuilt(graph, nodes, aliases) if nodes else graph


def _is_plain(op: Relu) -> bool:
    return op.slope_frac == 0 and not np.any(op.slope)


def _ascends(op: Requantize) -> bool:
    saturates = op.to.overflow in (Overflow.SATURATE, Overflow.SATURATE_SYMMETRIC)
    return saturates and bool(np.all(np.asarray(op.multiplier) >= 0))
