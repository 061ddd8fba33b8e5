# SPDX-License-Identifier: Apache-2.0
"""The golden model: a graph run by its layers' golden facets, bit for bit."""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from nnhw.ir.graph import Graph, Node
from nnhw.ir.op import facet, required
from nnhw.ir.types import TensorType
from nnhw.numeric.floats import EXACT, FloatStep
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["run", "trace"]

#: Elements of all tensors together that a thread has in memory at once, where one sample has
#: fewer. Small networks stay in the processor's caches.
_AT_ONCE = 400_000


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
    last reader has it. Where floats are exact, layers that know how compute with them.
    """
    samples = len(next(iter(inputs.values())))
    size = max(1, _AT_ONCE // max(1, sum(node.op.y.size for node in graph)))
    steps = [_Step(node) for node in graph]
    results = {port.name: _Result(port.type, samples) for port in graph.outputs}

    def part(start: int) -> None:
        tensors = _run(graph, steps, {k: v[start:start + size] for k, v in inputs.items()})
        for port in graph.outputs:
            results[port.name].put(start, tensors[port.tensor])

    starts = range(0, max(samples, 1), size)
    if len(starts) == 1:
        part(0)
    else:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(part, starts))
    return {name: result.whole() for name, result in results.items()}


class _Result:
    """An output, put together of what is known of some samples at a time."""

    def __init__(self, kind: TensorType, samples: int) -> None:
        low, high = kind.bounds
        self.fits = max(-low, high) < 1 << 62
        self.array = np.empty((samples, *kind.shape), np.int64 if self.fits else object)

    def put(self, start: int, part: Any) -> None:
        """Samples from ``start`` on."""
        self.array[start:start + len(part)] = part

    def whole(self) -> Mantissas:
        """All samples."""
        return self.array if self.fits else as_mantissas(self.array)


class _Step:
    """A node, and how to compute it with the smallest floats that are exact, if any are."""

    def __init__(self, node: Node) -> None:
        self.node, self.kind = node, None
        self.floats: FloatStep | None = None
        how = facet(node.op, "floats")
        if how is None:
            return
        for self.kind in EXACT:
            self.floats = how.floats(node.op, self.kind)
            if self.floats is not None:
                break

    def run(self, operands: Sequence[Any], *, last: bool) -> Any:
        """The result; ``last``: nobody reads the operands any more."""
        if self.floats is None:
            return required(self.node.op, "golden").run(self.node.op, *map(_whole, operands))
        x = operands[0].astype(self.kind, copy=False)
        ours = x is not operands[0] or (last and x.dtype.kind == "f")
        return self.floats(x, x if ours else None)


def _whole(x: Any) -> Mantissas:
    mantissas: Mantissas = x.astype(np.int64) if x.dtype.kind == "f" else x
    return mantissas


def _run(graph: Graph, steps: Sequence[_Step], tensors: dict[str, Any]) -> dict[str, Any]:
    left = {name: len(readers) for name, readers in graph.readers.items()}
    for step in steps:
        names = step.node.inputs
        operands = [tensors[name] for name in names]
        for name in names:
            left[name] -= 1
            if not left[name]:
                del tensors[name]
        tensors[step.node.name] = step.run(operands, last=not any(left[name] for name in names))
    return tensors
