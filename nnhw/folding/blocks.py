# SPDX-License-Identifier: Apache-2.0
"""Reuse factors of a matrix: which are legal, and how each splits into blocks."""

from functools import lru_cache

from nnhw.errors import FoldingError
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped

__all__ = ["Blocks", "Fold", "divisors", "folds", "legal_reuse", "nearest_reuse"]

#: Column blocks ``a`` and row blocks ``b``: ``a * b`` steps a vector.
Blocks = tuple[int, int]

#: Elements in a beat of the operand, column blocks, row blocks.
Fold = tuple[int, int, int]


@lru_cache(maxsize=256)
def divisors(number: int) -> tuple[int, ...]:
    """Divisors in ascending order.

    >>> divisors(12)
    (1, 2, 3, 4, 6, 12)
    """
    return tuple(d for d in range(1, number + 1) if number % d == 0)


@lru_cache(maxsize=256)
def _legal(groups: int, fan_in: int, fan_out: int) -> tuple[int, ...]:
    inner = {a * b for a in divisors(fan_in) for b in divisors(fan_out)}
    return tuple(sorted(set(divisors(groups)) | {groups * steps for steps in inner}))


def legal_reuse(op: Dense | Grouped) -> tuple[int, ...]:
    """Reuse factors at which every multiplier is busy in every step, ascending.

    For a Dense they are the products of a divisor of ``fan_in`` and one of ``fan_out``; a Grouped
    may also have several of its groups worked on at once.
    """
    return _legal(op.groups if isinstance(op, Grouped) else 1, op.fan_in, op.fan_out)


def nearest_reuse(op: Dense | Grouped, wanted: int) -> int:
    """Legal reuse factor nearest to ``wanted``; of two equally near ones the smaller.

    Raises
    ------
    FoldingError
        If ``wanted`` is below 1.
    """
    if wanted < 1:
        raise FoldingError(f"{op.name}: reuse factor must be 1 or more, not {wanted}")
    return min(legal_reuse(op), key=lambda r: (abs(r - wanted), r))


def folds(op: Dense | Grouped, reuse: int) -> list[Fold]:
    """All ways to reach a legal reuse factor."""
    groups = op.groups if isinstance(op, Grouped) else 1
    ways = []
    if reuse % groups == 0:
        steps = reuse // groups
        ways = [(op.fan_in // a, a, steps // a) for a in divisors(op.fan_in)
                if steps % a == 0 and op.fan_out % (steps // a) == 0]
    if groups > 1 and reuse < groups and groups % reuse == 0:
        ways.append((groups // reuse * op.fan_in, 1, 1))
    return ways
