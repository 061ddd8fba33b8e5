# SPDX-License-Identifier: Apache-2.0
"""Rows of a matrix that are better made of another row and their difference to it.

Source: Gustafsson, Ohlsson, Wanhammar, "Low-complexity constant coefficient matrix multiplication
using a minimum spanning tree approach", NORSIG 2004.
"""

import numpy as np
import numpy.typing as npt

from nnhw.numeric.types import Mantissas
from nnhw.program.operands import levels_for

__all__ = ["parents_of"]


def parents_of(matrix: Mantissas, operands: int,
               slack: int) -> tuple[dict[int, tuple[int, int]], list[int]]:
    """Minimum spanning tree of rows, by signed digits (Prim's algorithm).

    Parameters
    ----------
    matrix : array of int64, shape (rows, sources)
    operands : int
        Operands of an adder.
    slack : int
        Levels of adders beyond those that the longest row needs; the longest chain of rows.

    Returns
    -------
    dict
        For some rows, the row they are made of and the sign it has in them.
    list of int
        For every row, the levels of adders that it may have.
    """
    counts = count_digits(matrix)
    most = levels_for(int(counts.max(initial=1)), operands) + slack
    limits = [most] * len(matrix)
    cheapest = {row: (int(count), -1, 1) for row, count in enumerate(counts)}
    depth, parents = {-1: -1}, {}
    while cheapest:
        row = min(cheapest, key=lambda row: cheapest[row][0])
        count, parent, sign = cheapest.pop(row)
        depth[row] = depth[parent] + 1
        room = count
        if parent >= 0:
            parents[row] = parent, sign
            limits[parent] = most - slack + depth[parent]
            room += operands**limits[parent] - 1
        if depth[row] == slack or room > operands**(most - slack + depth[row]):
            continue
        for sign in (1, -1):
            found = count_digits(matrix[list(cheapest)] - sign * matrix[row]) + 1
            for other, count in zip(list(cheapest), found.tolist(), strict=True):
                if count < cheapest[other][0]:
                    cheapest[other] = count, row, sign
    return parents, limits


def count_digits(factors: Mantissas) -> npt.NDArray[np.int64]:
    """Nonzero signed digits of each row's factors: ones of ``n ^ 3n`` (Prodinger, 2000)."""
    size = np.abs(factors)
    ones = size ^ (3 * size)
    count = np.zeros(size.shape[:-1], np.int64)
    while ones.any():
        count += (ones & 1).sum(axis=-1)
        ones >>= 1
    return count
