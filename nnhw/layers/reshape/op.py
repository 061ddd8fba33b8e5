# SPDX-License-Identifier: Apache-2.0
"""Reshape: what the operation means. It costs nothing in hardware."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nnhw.ir.op import Op
from nnhw.ir.types import TensorType

__all__ = ["Reshape", "refit"]


@dataclass(frozen=True, eq=False)
class Reshape(Op):
    """The same elements in the same row-major order under another shape.

    Parameters
    ----------
    x : TensorType
        Operand.
    shape : tuple of int
        Shape of the result, of the same size.
    """

    x: TensorType
    shape: tuple[int, ...]

    @cached_property
    def y(self) -> TensorType:
        """The operand's type under the new shape; what is the same along an axis stays so."""
        def each(a: Any) -> Any:
            return a if np.ndim(a) == 0 else refit(a, self.x.shape, self.shape)
        return TensorType(self.shape, each(self.x.low), each(self.x.high), each(self.x.frac))


def refit(constant: Any, old: tuple[int, ...], new: tuple[int, ...]) -> Any:
    """An array that broadcasts to ``old``, after a row-major reshape of what it meets to ``new``.

    >>> refit(np.ones((3, 1, 1)), (3, 4, 4), (3, 16)).shape
    (3, 1)
    """
    array = np.asarray(constant)
    if array.size == 1:
        return array.reshape((1,) * len(new))
    array = array.reshape((1,) * (len(old) - array.ndim) + array.shape)
    middle: list[int] = []
    result: list[int] = []
    for a, b in _blocks(old, new):
        own = array.shape[a.start:a.stop]
        whole = any(n != 1 for n in own)
        middle += old[a.start:a.stop] if whole else own
        result += new[b.start:b.stop] if whole else (1,) * (b.stop - b.start)
    return np.broadcast_to(array, middle).reshape(result)


def _blocks(old: tuple[int, ...], new: tuple[int, ...]) -> list[tuple[slice, slice]]:
    """Shortest runs of axes of both shapes that hold the same elements."""
    blocks = []
    i = j = 0
    while i < len(old) or j < len(new):
        first, second = i, j
        a, b = (old[i], 1) if i < len(old) else (1, new[j])
        i, j = (i + 1, j) if i < len(old) else (i, j + 1)
        while a != b:
            if a < b:
                a, i = a * old[i], i + 1
            else:
                b, j = b * new[j], j + 1
        blocks.append((slice(first, i), slice(second, j)))
    return blocks
