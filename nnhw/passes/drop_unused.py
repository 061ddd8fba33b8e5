# SPDX-License-Identifier: Apache-2.0
"""Drop nodes whose result reaches no output."""

from dataclasses import replace

from nnhw.ir.graph import Graph

__all__ = ["drop_unused"]


def drop_unused(graph: Graph) -> Graph:
    """Keep the nodes that an output depends on; inputs stay, they are the model's interface."""
    needed = {port.tensor for port in graph.outputs}
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed.update(node.inputs)
    kept = tuple(node for node in graph if node.name in needed)
    return graph if len(kept) == len(graph.nodes) else replace(graph, nodes=kept)
