# SPDX-License-Identifier: Apache-2.0
"""Bitwise operations on whole numbers in two's complement, and the intervals of their results."""

import operator
from collections.abc import Callable
from typing import Any

__all__ = ["BITWISE", "bitwise_bounds"]

#: By operator, as Python, C++ and Verilog spell it.
BITWISE: dict[str, Callable[[Any, Any], Any]] = {
    "&": operator.and_, "|": operator.or_, "^": operator.xor}


def bitwise_bounds(how: str, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """An interval that holds ``x how y`` for every x in ``a`` and y in ``b``.

    >>> bitwise_bounds("&", (0, 5), (-8, 7)), bitwise_bounds("|", (0, 5), (-8, 7))
    ((0, 5), (-8, 7))
    >>> bitwise_bounds("^", (0, 5), (0, 9)), bitwise_bounds("^", (3, 3), (6, 6))
    ((0, 15), (5, 5))
    """
    if a[0] == a[1] and b[0] == b[1]:
        value = BITWISE[how](a[0], b[0])
        return value, value
    # Of numbers that fit these many bits beside their sign, so does the result.
    bits = max((end if end >= 0 else ~end).bit_length() for end in (*a, *b))
    low, high = -(1 << bits), (1 << bits) - 1
    if how == "&":
        if a[0] >= 0 or b[0] >= 0:
            tops = [end[1] for end in (a, b) if end[0] >= 0]
            return 0, min(tops)
        return low, max(a[1], b[1])
    if how == "|":
        return min(a[0], b[0]), -1 if a[1] < 0 or b[1] < 0 else high
    return (0, high) if a[0] >= 0 and b[0] >= 0 else (low, high)
