# SPDX-License-Identifier: Apache-2.0
"""Drop a Requantize or Reshape that changes nothing."""

import numpy as np

from nnhw.ir.graph import Graph
from nnhw.ir.op import Op
from nnhw.layers import Requantize, Reshape
from nnhw.passes.rewrite import rebuilt

__all__ = ["drop_identity"]


def drop_identity(graph: Graph) -> Graph:
    """Exact, because every possible operand passes with its binary point unchanged."""
    aliases = {node.name: node.inputs[0] for node in graph if _changes_nothing(node.op)}
    return rebuilt(graph, aliases=aliases) if aliases else graph


def _changes_nothing(op: Op) -> bool:
    match op:
        case Requantize():
            return op.is_identity and bool(np.all(np.asarray(op.x.frac) == op.to.type.frac))
        case Reshape():
            return op.shape == op.x.shape
    return False
