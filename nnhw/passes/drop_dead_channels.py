# SPDX-License-Identifier: Apache-2.0
"""Drop channels of a Dense that no weight of the next Dense reads."""

from dataclasses import replace
from typing import Any

import numpy as np

from nnhw.ir.graph import Graph, Node
from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers import Dense, Lookup, Relu, Requantize, Threshold
from nnhw.passes.rewrite import rebuilt, sole_reader

__all__ = ["drop_dead_channels"]


def drop_dead_channels(graph: Graph) -> Graph:
    """Cut unread channels out of a Dense, of the elementwise nodes behind it, and of the reader.

    Exact, because a weight of 0 multiplies what is cut. One channel is kept where all are unread.
    Writable matrices are left alone: another weight may not be 0, and their places stay.
    """
    for name in [node.name for node in reversed(graph.nodes)]:
        node = graph.producer(name)
        assert node is not None
        if (isinstance(node.op, Dense) and not node.op.writable
                and (chain := _chain(graph, node))):
            keep = (node.op.weight != 0).any(axis=0)
            keep[0] |= not keep.any()
            if not keep.all():
                cut = {n.name: Node(_cut(n.op, keep), n.inputs) for n in chain}
                cut[node.name] = Node(_narrowed(node.op, keep), node.inputs)
                graph = rebuilt(graph, cut)
    return graph


def _narrowed(op: Dense, keep: Any) -> Dense:
    """The reader without the columns that are 0; its operand's type follows at once."""
    def pick(bound: Any) -> Any:
        return bound if np.ndim(bound) == 0 or np.shape(bound)[-1] == 1 else bound[..., keep]

    shape = (*op.x.shape[:-1], int(keep.sum()))
    x = TensorType(shape, pick(op.x.low), pick(op.x.high), pick(op.x.frac))
    return replace(op, x=x, weight=op.weight[:, keep])


def _chain(graph: Graph, reader: Node) -> list[Node]:
    """Nodes from ``reader`` back to the Dense that makes its channels; empty if there is none."""
    chain: list[Node] = []
    at = reader
    while True:
        before = graph.producer(at.inputs[0])
        if before is None or sole_reader(graph, before.name) != at.name:
            return []
        chain.append(before)
        if isinstance(before.op, Dense):
            return [] if before.op.writable else chain
        if not isinstance(before.op, Lookup | Relu | Requantize | Threshold):
            return []
        at = before


def _cut(op: Op, keep: Any) -> Op:
    """The operation on the channels that ``keep`` marks; its operand is retyped later."""
    match op:
        case Dense():
            frac = op.frac if np.ndim(op.frac) == 0 else np.asarray(op.frac)[keep]
            return replace(op, weight=op.weight[keep], bias=op.bias[keep], frac=frac)
        case Requantize():
            return replace(op, multiplier=_pick(op.multiplier, keep), offset=_pick(op.offset, keep))
        case Relu():
            return replace(op, slope=_pick(op.slope, keep))
        case Threshold():
            rows = op.thresholds if len(op.thresholds) == 1 else op.thresholds[keep]
            return replace(op, thresholds=rows, descending=_pick(op.descending, keep))
        case Lookup():
            return replace(op, table=op.table if op.table.ndim == 1 else op.table[keep])
    raise AssertionError(op)


def _pick(values: Any, keep: Any) -> Any:
    same = np.ndim(values) == 0 or np.shape(values)[-1] == 1
    return values if same else np.asarray(values)[..., keep]
