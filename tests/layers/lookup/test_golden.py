# SPDX-License-Identifier: Apache-2.0
import math

import numpy as np
import pytest

from nnhw.layers.lookup.op import Lookup
from tests.layers.support import every_input, golden_of, tensor

TABLE = [5, -3, 8, 8, 0, 2, -9, 4]


def entry(x, start, shift, size):
    """Number of the bin ``x`` falls into; the outermost bins reach on for ever."""
    return min(max(math.floor((x - start) / 2**shift), 0), size - 1)


@pytest.mark.parametrize("start", [-40, -6, -1, 0, 3, 40])
@pytest.mark.parametrize("shift", [0, 1, 2, 5])
def test_bins_and_both_ends(start, shift):
    op = Lookup("t", tensor((1,), -50, 50), np.array(TABLE), start, shift)
    expected = [TABLE[entry(x, start, shift, 8)] for x in range(-50, 51)]
    assert golden_of(op, every_input(op.x)).ravel().tolist() == expected


def test_a_table_for_each_channel():
    tables = np.array([TABLE, TABLE[::-1], [7] * 8])
    op = Lookup("t", tensor((2, 3), -3, 9), tables, -1, 0)
    x = np.random.default_rng(0).integers(-3, 10, (20, 2, 3))
    expected = [[[int(tables[c][entry(v, -1, 0, 8)]) for c, v in enumerate(row)]
                 for row in pixels] for pixels in x.tolist()]
    assert golden_of(op, x).tolist() == expected


def test_entries_beyond_int64():
    op = Lookup("t", tensor((1,), 0, 1), [2**70, -(2**80)])
    assert golden_of(op, np.array([[0], [1]])).tolist() == [[2**70], [-(2**80)]]
