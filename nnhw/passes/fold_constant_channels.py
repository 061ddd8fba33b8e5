# SPDX-License-Identifier: Apache-2.0
"""Fold channels that never change into the bias of the Dense that reads them."""

from dataclasses import replace

import numpy as np

from nnhw.ir.graph import Graph, Node
from nnhw.layers import Dense
from nnhw.numeric.golden import as_mantissas
from nnhw.passes.rewrite import rebuilt

__all__ = ["fold_constant_channels"]


def fold_constant_channels(graph: Graph) -> Graph:
    """A channel whose interval is one number contributes a constant; its weights become 0.

    Exact, because the sum stays the same. What then is read by no weight, another pass drops.
    """
    nodes = {node.name: Node(op, node.inputs) for node in graph
             if isinstance(node.op, Dense) and not node.op.writable
             and (op := _folded(node.op)) is not None}
    return rebuilt(graph, nodes) if nodes else graph


def _folded(op: Dense) -> Dense | None:
    low, high = (np.broadcast_to(b, (*np.shape(b)[:-1], op.fan_in)).reshape(-1, op.fan_in)
                 for b in (op.x.low, op.x.high))
    constant = (low == low[0]).all(axis=0) & (high == high[0]).all(axis=0) & (low[0] == high[0])
    constant &= (op.weight != 0).any(axis=0)
    if not constant.any():
        return None
    weight = op.weight.astype(object)
    bias = op.bias.astype(object) + weight[:, constant] @ low[0, constant].astype(object)
    weight[:, constant] = 0
    return replace(op, weight=as_mantissas(weight), bias=as_mantissas(bias))
