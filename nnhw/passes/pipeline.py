# SPDX-License-Identifier: Apache-2.0
"""The passes, in the order in which they run."""

from collections.abc import Callable

from nnhw.ir.graph import Graph
from nnhw.passes.absorb_relu import absorb_relu
from nnhw.passes.drop_dead_channels import drop_dead_channels
from nnhw.passes.drop_identity import drop_identity
from nnhw.passes.drop_unused import drop_unused
from nnhw.passes.fold_constant_channels import fold_constant_channels
from nnhw.passes.merge_requantize import merge_requantize
from nnhw.passes.narrow_intervals import narrow_intervals
from nnhw.passes.pad_ahead import pad_ahead

__all__ = ["PASSES", "optimize"]

PASSES: tuple[Callable[[Graph], Graph], ...] = (
    drop_unused,
    narrow_intervals,
    absorb_relu,
    drop_identity,
    merge_requantize,
    fold_constant_channels,
    drop_dead_channels,
    pad_ahead,
)


def optimize(graph: Graph) -> Graph:
    """Run every pass until the graph no longer changes; outputs stay the same to the last bit."""
    while True:
        before = graph
        for one in PASSES:
            graph = one(graph)
        if _size(graph) == _size(before):
            return graph


def _size(graph: Graph) -> tuple[int, ...]:
    """Nodes, elements and the bits of all intervals: what the passes make smaller."""
    types = graph.types.values()
    return (len(graph.nodes), sum(t.size for t in types), sum(t.element.width for t in types))
