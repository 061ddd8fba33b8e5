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
    waiting = [(at, low + place, width) for (at, low, width), place in terms]
    heapify(waiting)  # of plain tuples: this is where a search spends its time
    bits = 0
    size = (len(waiting) - 2) % (operands - 1) + 2  # then all later adders are full
    while len(waiting) > 1:
        group = [heappop(waiting) for _ in range(size)]
        low, second, *_ = sorted([low for _, low, _ in group])
        top = max([low + width for _, low, width in group]) + size - 1
        bits += max(top - second, 1)
        heappush(waiting, (group[-1][0] + 1, low, top - low))  # the last has the highest level
        size = operands
    _, low, width = waiting[0]
    return Sum(Operand(level, low, width), bits, operands**level - room)
