# SPDX-License-Identifier: Apache-2.0
"""Rounding and overflow said once more, on ``Fraction`` and without any shift or mask."""

import math
from fractions import Fraction

from nnhw.numeric.types import FixedType, Overflow, Rounding

__all__ = ["bring_in", "round_fraction"]

HALF = Fraction(1, 2)


def round_fraction(x: Fraction, rounding: Rounding) -> int:
    """The whole number that ``rounding`` makes of ``x``."""
    below, above = math.floor(x), math.ceil(x)
    toward, away = (below, above) if x >= 0 else (above, below)
    directed = {Rounding.FLOOR: below, Rounding.CEIL: above, Rounding.ZERO: toward,
                Rounding.AWAY: away}
    if rounding in directed:
        return directed[rounding]
    if x - below != HALF:
        return below if x - below < HALF else above
    even = below if below % 2 == 0 else above
    return {Rounding.HALF_UP: above, Rounding.HALF_DOWN: below, Rounding.HALF_EVEN: even,
            Rounding.HALF_AWAY: away, Rounding.HALF_ZERO: toward}[rounding]


def bring_in(x: int, to: FixedType, overflow: Overflow) -> int:
    """What ``overflow`` makes of ``x`` in ``to``, from the digits of two's complement."""
    size = 2**to.width
    low, high = (-size // 2, size // 2 - 1) if to.signed else (0, size - 1)
    wrapped = next(y for y in (x % size, x % size - size) if low <= y <= high)
    match overflow:
        case Overflow.WRAP:
            return wrapped
        case Overflow.SATURATE:
            return low if x < low else high if x > high else x
        case Overflow.SATURATE_ZERO:
            return x if low <= x <= high else 0
        case Overflow.SATURATE_SYMMETRIC:
            least = -high if to.signed else 0
            return least if x < least else high if x > high else x
        case Overflow.WRAP_SIGN:
            lost = math.floor(Fraction(x, size)) % 2
            return wrapped if not to.signed or lost == (wrapped < 0) else -1 - wrapped
    raise AssertionError(overflow)
