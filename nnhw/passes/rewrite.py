# SPDX-License-Identifier: Apache-2.0
"""What every pass needs: a graph rebuilt with some nodes replaced, types following."""

from collections.abc import Mapping
from dataclasses import replace

from nnhw.ir.graph import Graph, Node
from nnhw.ir.types import TensorType

__all__ = ["rebuilt", "sole_reader"]


def rebuilt(graph: Graph, nodes: Mapping[str, Node] | None = None,
            aliases: Mapping[str, str] | None = None) -> Graph:
    """The graph with nodes replaced by name, or by another tensor; every operand is retyped.

    Parameters
    ----------
    graph : Graph
        Before.
    nodes : mapping of str to Node
        New nodes by the name of the old one, which they keep.
    aliases : mapping of str to str
        Tensors to read instead of a dropped node's result.
    """
    nodes, aliases = nodes or {}, aliases or {}
    types: dict[str, TensorType] = {port.name: port.type for port in graph.inputs}
    kept = []
    for old in graph:
        if old.name in aliases:
            continue
        node = nodes.get(old.name, old)
        inputs = tuple(_final(name, aliases) for name in node.inputs)
        op = node.op.retyped(*(types[name] for name in inputs))
        types[op.name] = op.y
        kept.append(Node(op, inputs))
    outputs = tuple(replace(port, tensor=_final(port.tensor, aliases),
                            type=types[_final(port.tensor, aliases)]) for port in graph.outputs)
    return replace(graph, nodes=tuple(kept), outputs=outputs)


def _final(name: str, aliases: Mapping[str, str]) -> str:
    while name in aliases:
        name = aliases[name]
    return name


def sole_reader(graph: Graph, tensor: str) -> str | None:
    """The only node that reads a tensor; None if others or an output of the network do."""
    readers = graph.readers[tensor]
    if len(readers) != 1 or readers[0].startswith("output:"):
        return None
    return readers[0]
