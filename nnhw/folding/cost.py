# SPDX-License-Identifier: Apache-2.0
"""Which split of a reuse factor costs least, in bits of registers and selectors."""

from nnhw.folding.blocks import Fold, folds
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped

__all__ = ["choose_fold"]


def choose_fold(op: Dense | Grouped, reuse: int, offered: int, scale: int = 0) -> Fold:
    """Lanes, column and row blocks for a producer that delivers ``offered`` elements a beat.

    ``scale`` is the width of the factor by which each result is multiplied behind the matrix; 0 is
    none.

    Multipliers and weight memory are the same for every split; what differs is how operands get
    to them (held, selected, collected or replayed from memory) and how many results come out at
    once, each with its accumulator and everything behind it.
    """
    return min(folds(op, reuse), key=lambda fold: (_bits(op, fold, offered, scale), fold))


def _bits(op: Dense | Grouped, fold: Fold, offered: int, scale: int) -> float:
    lanes, a, b = fold
    width, total = op.x.element.width, op.y.element.width
    rows = lanes * a // op.fan_in * op.fan_out // b
    bits = 0.0
    if lanes < offered:
        bits += offered * width / 2
    elif lanes > offered:
        bits += 2 * lanes * width
    if a > 1 and b > 1:
        bits += 2 * op.fan_in * width / 16 + 2 * lanes * width + 40
    if a > 1:
        bits += rows * total
    # A multiplier for each result at once: a bit of a register for four of its partial products.
    return bits + 2 * rows * total + rows * total * scale / 4
