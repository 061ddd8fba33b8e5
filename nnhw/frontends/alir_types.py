# SPDX-License-Identifier: Apache-2.0
"""Types of the values of DAIS and ALIR programs: the narrowest that hold an interval."""

from dataclasses import dataclass
from math import ceil, frexp, log2

import numpy as np

__all__ = ["AlirType", "lowest_bit", "precision"]


@dataclass(frozen=True, slots=True)
class AlirType:
    """Bits, sign included, fraction bits, sign; no bits at all stand for the number 0."""

    width: int
    frac: int
    signed: bool


def lowest_bit(step: float) -> int:
    """Fraction bits of a power of two.

    >>> lowest_bit(0.25), lowest_bit(1.0), lowest_bit(4.0)
    (2, 0, -2)
    """
    return 1 - frexp(step)[1]


def precision(interval: tuple[float, float, float], single: bool) -> AlirType:
    """The type that a tool derives from an interval (low, high, step).

    ``single`` follows alkaid, which takes the logarithm in float32: of ends that need more than
    24 bits it may find a type one bit too narrow, and its own arithmetic wraps there.

    >>> precision((-3.0, 3.0, 0.5), False), precision((0.0, 4.0, 1.0), True)
    (AlirType(width=4, frac=1, signed=True), AlirType(width=3, frac=0, signed=False))
    """
    low, high, step = interval
    if low == high == 0:
        return AlirType(0, 0, False)
    reach = max(abs(round(low / step)), round(high / step) + 1)
    if single:
        mantissa, exponent = np.frexp(np.float32(reach))
        bits = int(exponent) - int(mantissa == 0.5)
    else:
        bits = ceil(log2(reach))
    return AlirType(bits + (low < 0), lowest_bit(step), low < 0)
