# SPDX-License-Identifier: Apache-2.0
"""What sums are made of, as a search for shared sums sees it, and what adding costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import NamedTuple

__all__ = ["Operand", "Sum", "levels_for", "sum_of"]


class Operand(NamedTuple):
    """A value that is added: after so many levels of adders, from bit ``low``, ``width`` bits."""

    level: int
    low: int
    width: int


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of operands.

    Parameters
    ----------
    value : Operand
        The result.
    bits : int
        Bits of its adders.
    waste : int
        Operands of level 0 that a tree of as many levels would have room for besides.
    """

    value: Operand
    bits: int
    waste: int


def levels_for(room: int, operands: int) -> int:
    """Levels of adders that so many operands of level 0 need.

    >>> levels_for(27, 3), levels_for(28, 3), levels_for(1, 3)
    (3, 4, 0)
    """
    levels = 0
    while operands**levels < room:
        levels += 1
    return levels


def sum_of(terms: Sequence[tuple[Operand, int]], operands: int) -> Sum:
    """The sum of operands that are shifted to the left by so many places."""
    room = sum(operands**operand.level for operand, _ in terms)
    level = levels_for(room, operands)
    waiting = [Operand(operand.level, operand.low + place, operand.width)
               for operand, place in terms]
    heapify(waiting)
    bits = 0
    size = (len(waiting) - 2) % (operands - 1) + 2  # then all later adders are full
    while len(waiting) > 1:
        group = [heappop(waiting) for _ in range(size)]
        lows = sorted(one.low for one in group)
        top = max(one.low + one.width for one in group) + size - 1
        bits += max(top - lows[1], 1)
        heappush(waiting, Operand(max(one.level for one in group) + 1, lows[0], top - lows[0]))
        size = operands
    last = waiting[0]
    return Sum(Operand(level, last.low, last.width), bits, operands**level - room)
