# SPDX-License-Identifier: Apache-2.0
"""Reuse factors of a matrix: which are legal, and how each splits into blocks."""

from functools import lru_cache

from nnhw.errors import FoldingError

__all__ = ["Blocks", "divisors", "legal_reuse", "nearest_reuse", "splits"]

#: Column blocks ``a`` and row blocks ``b``: ``a * b`` steps a vector.
Blocks = tuple[int, int]


@lru_cache(maxsize=256)
def divisors(number: int) -> tuple[int, ...]:
    """Divisors in ascending order.

    >>> divisors(12)
    (1, 2, 3, 4, 6, 12)
    """
    return tuple(d for d in range(1, number + 1) if number % d == 0)


@lru_cache(maxsize=256)
def legal_reuse(fan_in: int, fan_out: int) -> tuple[int, ...]:
    """Reuse factors at which every multiplier is busy in every step, ascending.

    They are the products of a divisor of ``fan_in`` and one of ``fan_out``.
    """
    return tuple(sorted({a * b for a in divisors(fan_in) for b in divisors(fan_out)}))


def nearest_reuse(fan_in: int, fan_out: int, wanted: int) -> int:
    """Legal reuse factor nearest to ``wanted``; of two equally near ones the smaller.

    >>> nearest_reuse(16, 64, 3), nearest_reuse(13, 16, 4)
    (2, 4)
    """
    if wanted < 1:
        raise FoldingError(f"reuse factor must be 1 or more, not {wanted}")
    return min(legal_reuse(fan_in, fan_out), key=lambda r: (abs(r - wanted), r))


def splits(fan_in: int, fan_out: int, reuse: int) -> list[Blocks]:
    """All ways to reach a legal reuse factor."""
    return [(a, reuse // a) for a in divisors(fan_in)
            if reuse % a == 0 and fan_out % (reuse // a) == 0]
