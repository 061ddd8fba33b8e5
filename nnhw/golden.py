# SPDX-License-Identifier: Apache-2.0
"""The golden model: a graph run by its layers' golden facets, bit for bit."""

from collections.abc import Mapping

import numpy as np

from nnhw.ir.graph import Graph
from nnhw.ir.op import required
from nnhw.numeric.types import Mantissas

__all__ = ["run", "trace"]

#: Elements of all tensors together that are in memory at once, where one sample has fewer. Small
#: networks stay in the processor's caches.
_AT_ONCE = 1_000_000


def trace(graph: Graph, inputs: Mapping[str, Mantissas]) -> dict[str, Mantissas]:
    """Mantissas of every tensor, each with the batch as first axis."""
    tensors = dict(inputs)
    for node in graph:
        operands = [tensors[name] for name in node.inputs]
        tensors[node.name] = required(node.op, "golden").run(node.op, *operands)
    return tensors


def run(graph: Graph, inputs: Mapping[str, Mantissas]) -> dict[str, Mantissas]:
    """Mantissas of every output by the output's name; ``inputs`` by the input's name.

    So many samples go through at once as keeps memory within bounds; a tensor is let go when its
    last reader has it.
    """
    samples = len(next(iter(inputs.values())))
    size = max(1, _AT_ONCE // max(1, sum(node.op.y.size for node in graph)))
    parts = []
    for start in range(0, max(samples, 1), size):
        parts.append(_run(graph, {k: v[start:start + size] for k, v in inputs.items()}))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _run(graph: Graph, tensors: dict[str, Mantissas]) -> dict[str, Mantissas]:
    left = {name: len(readers) for name, readers in graph.readers.items()}
    for node in graph:
        operands = [tensors[name] for name in node.inputs]
        tensors[node.name] = required(node.op, "golden").run(node.op, *operands)
        for name in node.inputs:
            left[name] -= 1
            if not left[name]:
                del tensors[name]
    return {port.name: tensors[port.tensor] for port in graph.outputs}
