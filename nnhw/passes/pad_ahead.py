# SPDX-License-Identifier: Apache-2.0
"""Pad ahead of a Window whose padding is too wide for a stream of windows."""

import numpy as np

from nnhw.ir.graph import Graph, Node
from nnhw.layers import Gather, Window
from nnhw.passes.rewrite import rebuilt

__all__ = ["pad_ahead"]


def pad_ahead(graph: Graph) -> Graph:
    """Exact, for the Gather holds the very elements that the Window put in."""
    nodes: list[Node] = []
    for node in graph:
        op = node.op
        if not isinstance(op, Window) or op.is_streamable:
            nodes.append(node)
            continue
        pads = [(op.before[k], op.after[k]) for k in range(2)]
        padded = np.pad(Gather.positions(op.x), [*pads, (0, 0)], constant_values=-1)
        ahead = Gather(f"{op.name}_pad", op.x, padded, op.value)
        inside = Window(op.name, ahead.y, op.kernel, op.stride, op.dilation)
        nodes += [Node(ahead, node.inputs), Node(inside, (ahead.name,))]
    if len(nodes) == len(graph.nodes):
        return graph
    return rebuilt(Graph(graph.name, graph.inputs, tuple(nodes), graph.outputs, graph.notes))
