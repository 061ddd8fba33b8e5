# SPDX-License-Identifier: Apache-2.0
"""Two products of one operand in one multiplier block.

Of two weights ``a`` and ``b`` that meet the same ``x``, ``(a << s) + b`` is multiplied by ``x``.
With ``s`` as wide as ``b * x``, the low ``s`` bits are ``b * x``, and what is above them is
``a * x``, less 1 where ``b * x`` is negative.

Source: AMD, WP486, "Deep Learning with INT8 Optimization on Xilinx Devices".
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nnhw.numeric.types import FixedType, Mantissas
from nnhw.program.builder import Program, Value

__all__ = ["Pair", "find_pairs", "paired", "stored"]

#: Widest operand beside the packed one, signed.
_OPERAND = 18


@dataclass(frozen=True)
class Pair:
    """Places of two weights, and what is known of them.

    Parameters
    ----------
    low, high : int
        Rows of the weight memory; ``low`` is ``b``, ``high`` is ``a``.
    product : FixedType
        Type of ``b * x``.
    bounds : (int, int)
        Interval of the packed operand.
    """

    low: int
    high: int
    product: FixedType
    bounds: tuple[int, int]


def find_pairs(words: Mantissas, x: Sequence[Value], rows: int, columns: int,
               widest: int) -> list[Pair]:
    """Weights that share an operand in every step, rows beside each other, as far as they fit.

    Parameters
    ----------
    words : Mantissas, shape (multipliers, steps)
        As ``arranged`` gives them: row after row, in each the columns.
    rows, columns : int
        Of a block; a row's operands are those of the ``rows`` it is among.
    widest : int
        Bits of a packed operand, signed; 0 is no pairs.
    """
    found: list[Pair] = []
    if not widest:
        return found
    for first in range(len(words) // columns - 1):
        if first % rows % 2 or first % rows + 1 == rows:
            continue
        for k in range(columns):
            low = first * columns + k
            pair = _pair(words, x[first // rows * columns + k], low, low + columns, widest)
            if pair:
                found.append(pair)
    return found


def _pair(words: Mantissas, x: Value, low: int, high: int, widest: int) -> Pair | None:
    b, a = words[low], words[high]
    if x.type.width + (not x.type.signed) > _OPERAND or any(w.min() == w.max() for w in (a, b)):
        return None
    ends = [int(w) * v for w in (b.min(), b.max()) for v in (x.low, x.high)]
    product = FixedType.containing(min(ends), max(ends))
    if FixedType.containing(int(a.min()), int(a.max())).width + product.width > widest + 1:
        return None  # even if the lower one takes nothing from it
    packed = (a.astype(np.int64) << product.width) + b.astype(np.int64)
    bounds, limit = (int(packed.min()), int(packed.max())), 1 << widest - 1
    fits = -limit <= bounds[0] and bounds[1] < limit
    return Pair(low, high, product, bounds) if fits else None


def stored(words: Mantissas, pairs: Sequence[Pair]) -> Mantissas:
    """The weights as their memory holds them: those above a negative one are less by 1."""
    words = words.copy()
    for pair in pairs:
        words[pair.high] -= words[pair.low] < 0
    return words


def paired(p: Program, x: Value, weights: Sequence[Value], pair: Pair,
           name: str) -> tuple[Value, Value, Value]:
    """Both products: that of ``low``, that of ``high``, and what must be added to the latter."""
    shift = pair.product.width
    above = p.shift(weights[pair.high], shift)
    below = p.wrap(weights[pair.low], FixedType(shift, 0, signed=False))
    both = p.mul(p.known(p.bitwise("|", above, below), *pair.bounds), x, name)
    borrow = p.bit(both, shift - 1) if pair.product.signed else p.const(0)
    return p.wrap(both, pair.product), p.shift(both, -shift), borrow
