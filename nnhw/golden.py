# SPDX-License-Identifier: Apache-2.0
"""The golden model: a graph run by its layers' golden facets, bit for bit."""

from collections.abc import Mapping

import numpy as np

from nnhw.ir.graph import Graph
from nnhw.ir.op import required
from nnhw.numeric.types import Mantissas

__all__ = ["run", "trace"]

#: Samples handled at once, which bounds the memory of a whole test set's activations.
_BATCH = 4096


def trace(graph: Graph, inputs: Mapping[str, Mantissas]) -> dict[str, Mantissas]:
    """Mantissas of every tensor, each with the batch as first axis."""
    tensors = dict(inputs)
    for node in graph:
        operands = [tensors[name] for name in node.inputs]
        tensors[node.name] = required(node.op, "golden").run(node.op, *operands)
    return tensors


def run(graph: Graph, inputs: Mapping[str, Mantissas]) -> dict[str, Mantissas]:
    """Mantissas of every output by the output's name; ``inputs`` by the input's name."""
    samples = len(next(iter(inputs.values())))
    parts = []
    for start in range(0, max(samples, 1), _BATCH):
        tensors = trace(graph, {k: v[start:start + _BATCH] for k, v in inputs.items()})
        parts.append({port.name: tensors[port.tensor] for port in graph.outputs})
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
