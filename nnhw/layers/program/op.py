# SPDX-License-Identifier: Apache-2.0
"""Program: what the operation means."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.layers.program.intervals import Interval, result
from nnhw.layers.program.listing import OPERANDS, Code, Instruction
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["StraightLine"]


@dataclass(frozen=True, eq=False)
class StraightLine(Op):
    """A straight-line program on whole vectors: every instruction exact, nothing overflows.

    Parameters
    ----------
    name : str
        Name of the node.
    x : TensorType, shape (elements,)
        Operand.
    code : Mantissas, shape (instructions, 7)
        As ``Listing.array`` gives it.
    results : Mantissas, shape (results,)
        Instructions whose values are the result.
    tables : tuple of Mantissas, each of shape (entries,)
        What TABLE instructions read.
    frac : int or array of int, shape (results,)
        Fraction bits of the result.
    """

    x: TensorType
    code: Mantissas
    results: Mantissas
    tables: tuple[Mantissas, ...] = ()
    frac: int | Mantissas = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "code", as_mantissas(self.code))
        object.__setattr__(self, "tables", tuple(as_mantissas(table) for table in self.tables))

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The program, line by line."""
        return tuple(Instruction(Code(row[0]), tuple(row[1:1 + OPERANDS[Code(row[0])]]), *row[4:])
                     for row in self.code.tolist())

    @cached_property
    def intervals(self) -> tuple[Interval, ...]:
        """Interval of each instruction's value, from those of its operands."""
        low, high = self.x.flat_bounds()
        elements = list(zip(low.tolist(), high.tolist(), strict=True))
        known: list[Interval] = []
        for step in self.instructions:
            if step.code is Code.INPUT:
                known.append(elements[step.p])
            else:
                table = self.tables[step.p] if step.code is Code.TABLE else None
                known.append(result(step, [known[a] for a in step.args], table))
        return tuple(known)

    @cached_property
    def live(self) -> tuple[int, ...]:
        """Numbers of the instructions that a result depends on, in order."""
        wanted = set(self.results.tolist())
        for k in range(len(self.instructions) - 1, -1, -1):
            if k in wanted:
                wanted.update(self.instructions[k].args)
        return tuple(sorted(wanted))

    @cached_property
    def y(self) -> TensorType:
        """Interval of every result."""
        ends = [self.intervals[k] for k in self.results.tolist()]
        low, high = (as_mantissas(np.array(end, dtype=object)) for end in zip(*ends, strict=True))
        return TensorType((len(ends),), low, high, self.frac)
