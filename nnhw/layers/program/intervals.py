# SPDX-License-Identifier: Apache-2.0
"""Intervals of the values of a program."""

from collections.abc import Sequence

from nnhw.layers.program.listing import Code, Instruction
from nnhw.numeric.bits import bitwise_bounds
from nnhw.numeric.types import FixedType, Mantissas

__all__ = ["BITWISE_CODES", "Interval", "clipped", "result"]

#: Smallest and largest value.
Interval = tuple[int, int]

#: Operator of each bitwise instruction.
BITWISE_CODES = {Code.AND: "&", Code.OR: "|", Code.XOR: "^"}


def result(step: Instruction, args: Sequence[Interval], table: Mantissas | None) -> Interval:
    """Interval of an instruction's value; INPUT, whose interval nobody computes, excepted."""
    if step.code in BITWISE_CODES:
        return bitwise_bounds(BITWISE_CODES[step.code], args[0], args[1])
    match step.code:
        case Code.CONST:
            return step.p, step.p
        case Code.BIT:
            low, high = (end >> step.p for end in args[0])
            return (low & 1, low & 1) if low == high else (0, 1)
        case Code.EQUAL:
            return _equal(args[0], step.p)
        case Code.SELECT:
            return _select(*args)
        case Code.TABLE:
            assert table is not None
            first, last = (clipped(end - step.q, len(table)) for end in args[0])
            reached = table[first:last + 1]
            return int(reached.min()), int(reached.max())
        case Code.WRAP:
            return _wrap(args[0], FixedType(step.p, 0, bool(step.q)))
    return _arithmetic(step, args)


def _arithmetic(step: Instruction, args: Sequence[Interval]) -> Interval:
    low, high = args[0]
    match step.code:
        case Code.SHIFT:
            if step.p > 0:
                return low << step.p, high << step.p
            return low >> -step.p, high >> -step.p
        case Code.RELU:
            return max(low, 0), max(high, 0)
        case Code.MULTIPLY:
            ends = [a * b for a in args[0] for b in args[1]]
            return min(ends), max(ends)
    low_b, high_b = (end << step.q for end in args[1])
    if step.code is Code.SUBTRACT:
        low_b, high_b = -high_b, -low_b
    return (low << step.p) + low_b, (high << step.p) + high_b


def _equal(a: Interval, number: int) -> Interval:
    if a == (number, number):
        return 1, 1
    return (0, 1) if a[0] <= number <= a[1] else (0, 0)


def _select(condition: Interval, then: Interval, other: Interval) -> Interval:
    if condition[0] == condition[1]:
        return then if condition[0] else other
    return min(then[0], other[0]), max(then[1], other[1])


def _wrap(a: Interval, to: FixedType) -> Interval:
    return a if to.min <= a[0] and a[1] <= to.max else (to.min, to.max)


def clipped(place: int, entries: int) -> int:
    """The entry of a table that a place reads."""
    return min(max(place, 0), entries - 1)
