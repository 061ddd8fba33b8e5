# SPDX-License-Identifier: Apache-2.0
"""Hardware for every vector of a frame, so that a frame is one beat and moves are wires."""

import math

import numpy as np

from nnhw.ir.graph import Graph, Node
from nnhw.ir.op import Op
from nnhw.layers import Dense, Gather, Grouped, Reduce, Reshape, Total
from nnhw.passes.rewrite import rebuilt

__all__ = ["products", "unroll_frames"]


def products(graph: Graph) -> int:
    """Products with constants other than 0 that an unrolled network has."""
    count = 0
    for node in graph:
        if isinstance(node.op, Dense | Grouped):
            vectors = node.op.y.size // node.op.bias.size
            count += vectors * int(np.count_nonzero(node.op.weight))
    return count


def unroll_frames(graph: Graph) -> Graph:
    """Exact, for each vector meets the same coefficients, and a moved element a coefficient of 1.

    A Dense on several vectors becomes a Grouped with a group for each, a Gather a Dense of ones
    and zeros on the whole frame, and a Total such a move and a Reduce.
    """
    nodes: list[Node] = []
    for node in graph:
        op = node.op
        if isinstance(op, Dense | Grouped) and op.y.size > op.bias.size and \
                isinstance(op.frac, int) and op.writable is None:
            nodes += _chain(node, _each(op))
        elif isinstance(op, Gather) and op.x.is_uniform:
            nodes += _chain(node, _wires(op, op.name, op.index, op.value))
        elif isinstance(op, Total) and op.x.is_uniform:
            columns = Gather.positions(op.x).reshape(-1, op.x.shape[-1]).T
            moved = _wires(op, f"{op.name}_columns", columns, 0)
            nodes += _chain(node, [*moved, Reduce(op.name, moved[-1].y, op.how)])
        else:
            nodes.append(node)
    if len(nodes) == len(graph.nodes):
        return graph
    return rebuilt(Graph(graph.name, graph.inputs, tuple(nodes), graph.outputs, graph.notes))


def _chain(node: Node, ops: list[Op]) -> list[Node]:
    """Operations one behind the other; the last one has the name of what they replace."""
    sources = [node.inputs, *((op.name,) for op in ops)]
    return [Node(op, source) for op, source in zip(ops, sources, strict=False)]


def _each(op: Dense | Grouped) -> list[Op]:
    """Coefficients repeated for every vector."""
    vectors = op.y.size // op.bias.size
    rows = math.prod(op.bias.shape[:-1]) * vectors
    weight, bias = (np.tile(v.reshape(-1, *v.shape[tail:]), (vectors, *(1 for _ in v.shape[tail:])))
                    for v, tail in ((op.weight, -2), (op.bias, -1)))
    flat = Reshape(f"{op.name}_vectors", op.x, (rows, op.x.shape[-1]))
    each = Grouped(f"{op.name}_each", flat.y, weight, bias, op.frac,
                   weight_bits=op.weight_bits)
    return [flat, each, Reshape(op.name, each.y, op.y.shape)]


def _wires(op: Gather | Total, name: str, index: np.ndarray, value: int) -> list[Op]:
    """A Dense with a single 1 in every row, none where padding comes in."""
    row = Reshape(f"{name}_row", op.x, (op.x.size,))
    weight = np.zeros((index.size, op.x.size), dtype=np.int64)
    taken = index.reshape(-1) >= 0
    weight[np.nonzero(taken)[0], index.reshape(-1)[taken]] = 1
    wires = Dense(f"{name}_wires", row.y, weight, np.where(taken, 0, value), op.y.frac)
    return [row, wires, Reshape(name, wires.y, index.shape)]
