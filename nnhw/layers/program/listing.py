# SPDX-License-Identifier: Apache-2.0
"""Instructions of straight-line programs, and the list in which they are written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["OPERANDS", "Code", "Instruction", "Listing"]


class Code(IntEnum):
    """What an instruction computes, from operands ``a``, ``b``, ``c`` and numbers ``p``, ``q``."""

    INPUT = 0  # element p of the operand
    CONST = 1  # p
    ADD = 2  # (a << p) + (b << q)
    SUBTRACT = 3  # (a << p) - (b << q)
    SHIFT = 4  # a << p, or a >> -p toward -inf
    MULTIPLY = 5  # a * b
    RELU = 6  # max(a, 0)
    WRAP = 7  # low p bits of a; signed where q is 1
    BIT = 8  # bit p of a in two's complement
    EQUAL = 9  # 1 where a is p, else 0
    SELECT = 10  # b where a is 1, c where it is 0
    TABLE = 11  # entry a - q of table p; the first or the last one beyond its ends
    AND = 12  # a & b
    OR = 13  # a | b
    XOR = 14  # a ^ b


#: Number of operands; they are earlier instructions.
OPERANDS = {Code.INPUT: 0, Code.CONST: 0, Code.ADD: 2, Code.SUBTRACT: 2, Code.SHIFT: 1,
            Code.MULTIPLY: 2, Code.RELU: 1, Code.WRAP: 1, Code.BIT: 1, Code.EQUAL: 1,
            Code.SELECT: 3, Code.TABLE: 1, Code.AND: 2, Code.OR: 2, Code.XOR: 2}


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a program; ``origin`` is the number of the source's line it comes from."""

    code: Code
    args: tuple[int, ...]
    p: int
    q: int
    origin: int


class Listing:
    """Instructions in the making, each with the number of its line; equal ones are shared.

    Members
    -------
    origin : int
        Line of the source that is being translated.
    """

    def __init__(self) -> None:
        self.origin = 0
        self._rows: list[tuple[int, ...]] = []
        self._seen: dict[tuple[int, ...], int] = {}

    def add(self, code: Code, args: Sequence[int] = (), p: int = 0, q: int = 0) -> int:
        """Append an instruction; the number by which later ones name its result."""
        assert len(args) == OPERANDS[code] and all(0 <= a < len(self._rows) for a in args), code
        padded = (*args, 0, 0, 0)[:3]
        key = (int(code), *padded, p, q)
        if key not in self._seen:
            self._seen[key] = len(self._rows)
            self._rows.append((*key, self.origin))
        return self._seen[key]

    def shift(self, a: int, left: int) -> int:
        """``a << left``, toward minus infinity where ``left`` is negative."""
        return self.add(Code.SHIFT, (a,), left) if left else a

    def negate(self, a: int) -> int:
        """``-a``."""
        return self.add(Code.SUBTRACT, (self.add(Code.CONST), a))

    def array(self) -> Mantissas:
        """All of them, shape (instructions, 7): code, a, b, c, p, q, origin."""
        return as_mantissas(np.array(self._rows, dtype=object).reshape(-1, 7))
