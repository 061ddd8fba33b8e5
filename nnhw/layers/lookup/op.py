# SPDX-License-Identifier: Apache-2.0
"""Lookup: what the operation means."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas

__all__ = ["Lookup"]


@dataclass(frozen=True, eq=False)
class Lookup(Op):
    """``y = table[min(max((x - start) >> shift, 0), size - 1)]``: any function, from a ROM.

    Parameters
    ----------
    x : TensorType
        Operand.
    table : Mantissas, shape (size,) or (channels, size)
        One table for all elements, or one for each element of the last axis.
    start : int
        Mantissa at which the first bin begins.
    shift : int
        A bin is ``2**shift`` mantissas wide; 0 gives every operand its own entry.
    frac : int
        Fraction bits of the result.
    function : str
        What is tabulated, for people.
    error_bound : float or None
        Largest distance from the real function over every possible operand; None where the
        function is not known. 0.0 where the table is exact by definition.
    """

    x: TensorType
    table: Mantissas
    start: int = 0
    shift: int = 0
    frac: int = 0
    function: str = ""
    error_bound: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", as_mantissas(self.table))

    @property
    def size(self) -> int:
        """Entries of a table."""
        return self.table.shape[-1]

    def index(self, x: Mantissas) -> Mantissas:
        """Entry that each operand reads."""
        inside: Mantissas = np.clip((x - self.start) >> self.shift, 0, self.size - 1)
        return as_mantissas(inside)

    @cached_property
    def y(self) -> TensorType:
        """Interval of the entries that the operand's interval can reach."""
        first, last = (int(i) for i in self.index(np.array(self.x.bounds)))
        reached = self.table[..., first:last + 1]
        return TensorType(self.x.shape, reached.min(axis=-1), reached.max(axis=-1), self.frac)
