# SPDX-License-Identifier: Apache-2.0
"""A graph as text, for people: one line for each port and node."""

from nnhw.ir.graph import Graph
from nnhw.ir.types import TensorType

__all__ = ["text"]


def text(graph: Graph) -> str:
    """Name, operation, operands, type and interval of everything in ``graph``.

    Intervals are those of mantissas, over all elements of a tensor.
    """
    lines = [f"graph {graph.name}"]
    lines += [_line(port.name, "input", (), port.type) for port in graph.inputs]
    lines += [_line(node.name, node.op.kind, node.inputs, node.op.y) for node in graph]
    lines += [_line(port.name, "output", (port.tensor,), port.type) for port in graph.outputs]
    lines += [f"note {note}" for note in graph.notes]
    return "\n".join(lines) + "\n"


def _line(name: str, kind: str, operands: tuple[str, ...], result: TensorType) -> str:
    low, high = result.bounds
    return f"  {name} = {kind}({', '.join(operands)}) : {result} [{low}, {high}]"
