# SPDX-License-Identifier: Apache-2.0
"""Gather: the circuit, a reordering buffer no larger than the order requires."""

from nnhw.hw.reorder import Reorder
from nnhw.hw.reorder_schedule import block_size
from nnhw.layers.dense.op import Dense
from nnhw.layers.gather.op import Gather
from nnhw.layers.grouped.op import Grouped

__all__ = ["component", "lanes"]


def component(op: Gather, lanes: int) -> Reorder:
    """Buffer with ``lanes`` elements a word."""
    return Reorder(op, lanes)


def lanes(op: Gather, offered: int,
          reader: tuple[Dense | Grouped, int] | None) -> tuple[int, int]:
    """Elements in a beat, in and out: as many as always stay together, up to what is offered."""
    width = block_size(op, offered)
    return width, width
