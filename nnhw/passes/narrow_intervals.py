# SPDX-License-Identifier: Apache-2.0
"""Narrow every interval to what the operands' intervals allow."""

from nnhw.ir.graph import Graph
from nnhw.passes.rewrite import rebuilt

__all__ = ["narrow_intervals"]


def narrow_intervals(graph: Graph) -> Graph:
    """Retype every node from its operands. Exact, because no operation depends on its types."""
    return rebuilt(graph)
