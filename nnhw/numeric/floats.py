# SPDX-License-Identifier: Apache-2.0
"""Whole numbers as floats: where no result can leave a float's significand, floats are exact.

They are several times faster than int64, whose matrix products know no BLAS.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from nnhw.numeric.types import FixedType, Rounding

__all__ = ["EXACT", "FloatStep", "Floats", "Rows", "rounder", "wrap"]

Floats = np.ndarray[tuple[int, ...], np.dtype[Any]]

#: Computes an operation on an array, and may write the result into the second one.
FloatStep = Callable[[Floats, Floats | None], Floats]

#: Up to this magnitude every whole number has a float of that kind.
EXACT: dict[Any, int] = {np.float32: 1 << 24, np.float64: 1 << 53}

#: What to add, and what to apply then. Modes that look at the sign of a tie are not here.
_ROUNDERS: dict[Rounding, tuple[float, Any]] = {
    Rounding.FLOOR: (0.0, np.floor),
    Rounding.CEIL: (0.0, np.ceil),
    Rounding.ZERO: (0.0, np.trunc),
    Rounding.HALF_UP: (0.5, np.floor),
    Rounding.HALF_DOWN: (-0.5, np.ceil),
    Rounding.HALF_EVEN: (0.0, np.rint),
}


class Rows:
    """Constants of the last axis, repeated as often as an operand has rows.

    NumPy then runs through both in one loop, three times as fast as row by row.
    """

    def __init__(self, constants: Floats) -> None:
        self.constants, self._rows = constants, constants

    def of(self, x: Floats) -> Floats:
        """They for operand ``x``; those of the last shape are kept."""
        if self.constants.ndim == 0:
            return self.constants
        rows = self._rows  # another thread may put others in its place
        if rows.shape != x.shape:
            rows = self._rows = np.broadcast_to(self.constants, x.shape).copy()
        return rows


def rounder(rounding: Rounding) -> tuple[float, Any] | None:
    """What to add, and the function to apply then; None where it takes more than that."""
    return _ROUNDERS.get(rounding)


def wrap(y: Floats, to: FixedType) -> Floats:
    """Low bits of whole numbers, in place; exact while ``abs(y) + 2 ** to.width`` is."""
    turns = y * 2.0**-to.width if to.min == 0 else (y - to.min) * 2.0**-to.width
    np.floor(turns, out=turns)
    turns *= 2.0**to.width
    y -= turns
    return y
