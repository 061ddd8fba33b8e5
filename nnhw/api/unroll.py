# SPDX-License-Identifier: Apache-2.0
"""Which networks get hardware for every vector of a frame."""

from dataclasses import replace
from pathlib import Path

from nnhw.config import Config
from nnhw.ir.graph import Graph

__all__ = ["LIMIT", "unrolled"]

#: Most products of a network that is unrolled; one of 50,000 takes minutes to lower.
LIMIT = 1 << 16


def unrolled(graph: Graph, path: Path, config: Config) -> Graph:
    """An optimized network of HGQ2 with a whole frame in each beat, as that library counts costs.

    It stays as it is where ``io`` is ``stream``, anything is reused, it holds convolutions or
    pools (whose windows come out of streams), or it would have too many products.
    """
    from nnhw.frontends.hgq2_file import is_hgq2
    from nnhw.layers import Window
    from nnhw.passes.pipeline import optimize
    from nnhw.passes.unroll_frames import products, unroll_frames

    entries = (*config.layers.values(), *config.kinds.values())
    shared = config.io != "parallel" or config.reuse > 1 or any(
        (entry.reuse or 1) > 1 for entry in entries)
    if shared or not is_hgq2(path) or any(isinstance(node.op, Window) for node in graph):
        return graph
    count = products(graph)
    whole = unroll_frames(graph)
    if count > LIMIT or whole is graph:
        return graph
    note = (f"every vector of a frame has hardware of its own, {count} products; io = \"stream\" "
            "shares it")
    return replace(optimize(whole), notes=(*whole.notes, note))
