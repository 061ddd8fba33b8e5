# SPDX-License-Identifier: Apache-2.0
"""What programs are made of: steps, their results, and bundles that enter."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from nnhw.numeric.types import FixedType

__all__ = ["Kind", "Port", "Step", "Table", "Value"]


class Kind(Enum):
    """What a step computes, from operands ``a``, ``b``, ... and ``param``."""

    INPUT = "input"  # lane ``param[1]`` of port ``param[0]``
    CONST = "const"  # param
    ADD = "add"  # (a << param[0]) + param[2] * (b << param[1]), param[2] is 1 or -1
    SUM = "sum"  # sum of sign * (arg << shift) over three (shift, sign) in param
    DOT = "dot"  # param[1] + sum of arg * factor over param[0]; sums of adders before long
    SHIFT = "shift"  # a << param, or a >> -param toward -inf
    MUL = "mul"  # a * b
    BIT = "bit"  # bit ``param`` of a in two's complement
    BITWISE = "bitwise"  # a & b, a | b or a ^ b (param) in two's complement
    LESS = "less"  # a < b
    EQUAL = "equal"  # a == b
    MUX = "mux"  # b if a else c
    CLIP = "clip"  # nearest to a in param[0]..param[1]
    WRAP = "wrap"  # low bits of a as the FixedType ``param``
    TABLE = "table"  # param.values[a]
    FIELD = "field"  # bits param[0] .. param[0] + width of a table's word
    ACC = "acc"  # running sum of a, begun with c where b (first) is 1


@dataclass(frozen=True, slots=True)
class Table:
    """Contents of a TABLE step; ``registered`` ones are read at a clock edge (block RAM).

    One with a ``port`` is written through the pipeline's inputs of that name, and what it holds
    is only what it begins with.
    """

    values: tuple[int, ...]
    registered: bool
    width: int
    signed: bool
    port: str = ""

    @property
    def address_width(self) -> int:
        """Bits of an index."""
        return max(1, (len(self.values) - 1).bit_length())

    def fills(self, bits: int | None) -> bool:
        """Whether it is read at a clock edge and holds more than ``bits``; None is no limit."""
        return bits is not None and self.registered and len(self.values) * self.width > bits


@dataclass(frozen=True, slots=True)
class Value:
    """The result of a step: an integer between ``low`` and ``high``."""

    index: int
    low: int
    high: int

    @property
    def type(self) -> FixedType:
        """Narrowest type that holds it."""
        return FixedType.containing(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: its kind, its operands by index, its constant, and who asked for it."""

    kind: Kind
    args: tuple[int, ...]
    low: int
    high: int
    param: Any
    name: str

    @property
    def type(self) -> FixedType:
        """Narrowest type that holds the result."""
        return FixedType.containing(self.low, self.high)


@dataclass(frozen=True, slots=True)
class Port:
    """A bundle of ``lanes`` elements of one type that enters or leaves a program."""

    name: str
    element: FixedType
    lanes: int

    @property
    def width(self) -> int:
        """Bits of the bundle."""
        return self.element.width * self.lanes
