# SPDX-License-Identifier: Apache-2.0
"""Which split of a reuse factor costs least, in bits of registers and selectors."""

from nnhw.folding.blocks import Blocks, splits
from nnhw.layers.dense.op import Dense

__all__ = ["choose_blocks"]


def choose_blocks(op: Dense, reuse: int, lanes: int) -> Blocks:
    """Column and row blocks for a producer that delivers ``lanes`` elements a beat.

    Multipliers and weight memory are the same for every split; what differs is how operands get
    to them (held, selected, collected or replayed from memory) and how many results come out at
    once, each with its accumulator and everything behind it.
    """
    return min(splits(op.fan_in, op.fan_out, reuse), key=lambda ab: (_bits(op, ab, lanes), ab))


def _bits(op: Dense, blocks: Blocks, lanes: int) -> float:
    a, b = blocks
    width, total = op.x.element.width, op.y.element.width
    columns, rows = op.fan_in // a, op.fan_out // b
    bits = 0.0
    if columns < lanes:
        bits += lanes * width / 2
    elif columns > lanes:
        bits += 2 * columns * width
    if a > 1 and b > 1:
        bits += 2 * op.fan_in * width / 16 + 2 * columns * width + 40
    if a > 1:
        bits += rows * total
    return bits + 2 * rows * total
