# SPDX-License-Identifier: Apache-2.0
"""Reuse factors from a goal: every matrix as slow as the common interval allows, none slower.

Pure functions of the matrices. A matrix at reuse ``R`` takes ``R`` cycles a vector, so its interval
is ``R * vectors``; giving each the largest legal factor whose interval does not exceed a common one
keeps all multipliers about equally busy and uses as few of them as that interval allows.
"""

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from nnhw.errors import ConfigError
from nnhw.folding.blocks import legal_reuse
from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped
from nnhw.numeric.types import FixedType

__all__ = ["Capacity", "Need", "balanced", "block_count", "first_true", "fps_cycles", "intervals",
           "largest_meeting", "latency_cycles", "needed", "placed", "weight_width"]

Matrix = Dense | Grouped

#: Sides of the multiplier in a DSP block, in bits.
_BLOCK_SIDE = 18


@dataclass(frozen=True)
class Capacity:
    """What a part holds: multiplier blocks, LUTs, and bits of block memory."""

    multipliers: int
    luts: int
    memory_bits: int


@dataclass(frozen=True)
class Need:
    """What matrices take by the criterion of ``placed``.

    Parameters
    ----------
    products : dict of str to (int, int, int)
        By matrix, what one multiplier takes in blocks (0: it is made of LUTs), what it takes in
        LUTs if it gets no block, and how many there are.
    memory_bits : int
        Bits of the weights that are read step by step.
    """

    products: dict[str, tuple[int, int, int]]
    memory_bits: int

    @property
    def multipliers(self) -> int:
        """Multipliers of all matrices together."""
        return sum(count for *_, count in self.products.values())


def weight_width(op: Matrix) -> int:
    """Bits of a weight as it is stored."""
    return op.weight_bits or FixedType.containing(
        int(op.weight.min(initial=0)), int(op.weight.max(initial=0))).width


def _choices(op: Matrix) -> tuple[int, ...]:
    """Legal reuse factors, ascending; writable weights, which need a memory, have no 1."""
    legal = legal_reuse(op)
    return legal[1:] or legal if op.writable else legal


def intervals(ops: Sequence[Matrix]) -> list[int]:
    """Intervals at which the balance of a network changes, ascending."""
    fastest = max((op.vectors * _choices(op)[0] for op in ops), default=1)
    reached = {reuse * op.vectors for op in ops for reuse in _choices(op)}
    return sorted({fastest} | {cycles for cycles in reached if cycles >= fastest})


def balanced(ops: Sequence[Matrix], interval: int) -> dict[str, int]:
    """For each matrix the largest legal reuse factor whose interval is at most ``interval``.

    A matrix that is slower even at its smallest gets that.
    """
    return {op.name: max((r for r in _choices(op) if r * op.vectors <= interval),
                         default=_choices(op)[0]) for op in ops}


def needed(ops: Sequence[Matrix], reuse: dict[str, int],
           logic: Collection[str] = frozenset()) -> Need:
    """What matrices take at given reuse factors; those named by ``logic`` take no blocks.

    At reuse 1 there are adders instead of multipliers; they are counted as if each product had one,
    and their weights, which are constants then, as no memory.
    """
    products, bits = {}, 0
    for op in ops:
        width, operand = weight_width(op), op.x.element.width
        blocks = 0 if op.name in logic else block_count(width, operand)
        products[op.name] = (blocks, width * operand, op.weight.size // reuse[op.name])
        bits += op.weight.size * width if reuse[op.name] > 1 else 0
    return Need(products, bits)


def block_count(one: int, other: int) -> int:
    """Blocks of a product of operands of so many bits."""
    return -(-one // _BLOCK_SIDE) * -(-other // _BLOCK_SIDE)


def placed(need: Need, part: Capacity) -> frozenset[str] | None:
    """Matrices whose multipliers are to be made of LUTs on a part; None if it does not hold all.

    A matrix has all its multipliers in blocks or none, those with the largest products first. The
    others may take half the LUTs, about one for every bit of a weight times every bit of an
    operand. Nothing but multipliers and weights is looked at.
    """
    if need.memory_bits > part.memory_bits:
        return None
    blocks, luts, outside = part.multipliers, part.luts // 2, set()
    for name, (each, area, count) in sorted(need.products.items(), key=lambda item: -item[1][1]):
        if each and each * count <= blocks:
            blocks -= each * count
        else:
            luts -= count * area
            outside.add(name)
    return frozenset(outside) if luts >= 0 else None


def first_true(count: int, test: Callable[[int], bool]) -> int | None:
    """Smallest number below ``count`` that passes a test which, once passed, stays passed."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if test(middle):
            high = middle
        else:
            low = middle + 1
    return low if low < count else None


def largest_meeting(count: int, test: Callable[[int], bool]) -> int | None:
    """Largest number below ``count`` that passes a test which small numbers pass.

    Large numbers are tried first, at twice the distance each time: what a test has to build grows
    as numbers fall.
    """
    step, failed, at = 1, count, count - 1
    while at >= 0 and not test(at):
        failed, at, step = at, at - step, step * 2
    if at < 0:
        if failed == 0 or not test(0):
            return None
        at = 0
    while failed - at > 1:
        middle = (at + failed) // 2
        if test(middle):
            at = middle
        else:
            failed = middle
    return at


def fps_cycles(per_second: float, clock_mhz: float) -> int:
    """Largest interval at which a clock gives so many inferences a second.

    Raises
    ------
    ConfigError
        If that would be less than a cycle, or the rate is not above 0.
    """
    if not per_second > 0:
        raise ConfigError(f"target_fps must be above 0, not {per_second:g}")
    cycles = int(clock_mhz * 1e6 / per_second * (1 + 1e-12))
    if cycles < 1:
        raise ConfigError(f"{per_second:,.0f} inferences/s are more than one a cycle; at "
                          f"{clock_mhz:g} MHz {clock_mhz * 1e6:,.0f} can be reached at best")
    return cycles


def latency_cycles(text: str | float, clock_mhz: float) -> int:
    """Cycles of a time such as ``200``, ``200ns``, ``1.5us``, ``2ms``, or ``30cycles``.

    A bare number is in nanoseconds.

    Raises
    ------
    ConfigError
        If it is none of these, or less than a cycle.

    >>> latency_cycles("100ns", 200), latency_cycles("7 cycles", 200), latency_cycles(1000, 50)
    (20, 7, 50)
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(ns|us|ms|s|cycles?)?\s*", str(text))
    if match is None:
        raise ConfigError(f"max_latency {text!r} is no time; write for instance 200ns, 1.5us or "
                          "30cycles")
    number, unit = float(match[1]), match[2] or "ns"
    scale = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}
    cycles = int(number * (scale[unit] * clock_mhz if unit in scale else 1) * (1 + 1e-12))
    if cycles < 1:
        raise ConfigError(f"max_latency {text} is less than a cycle of {clock_mhz:g} MHz, "
                          f"{1000 / clock_mhz:g} ns")
    return cycles
