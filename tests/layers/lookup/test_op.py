# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.lookup.op import Lookup
from tests.layers.support import every_input, golden_of, tensor

TABLE = np.array([5, -3, 8, 8, 0, 2, -9, 4])


@pytest.mark.parametrize("start", [-6, -1, 0, 3])
@pytest.mark.parametrize("shift", [0, 1, 2])
def test_interval_is_that_of_the_entries_reached(start, shift):
    for low, high in ((-20, 20), (2, 5), (-9, -7), (1, 1)):
        op = Lookup("t", tensor((1,), low, high), TABLE, start, shift, 3)
        y = golden_of(op, every_input(op.x))
        assert op.y.bounds == (y.min(), y.max())
        assert op.y.frac == 3


def test_interval_of_each_channel():
    table = np.array([[1, 2, 3, 4], [-9, 0, 5, 5]])
    op = Lookup("t", tensor((3, 2), 1, 2), table)
    assert [b.tolist() for b in op.y.flat_bounds()] == [[2, 0] * 3, [3, 5] * 3]


def test_size():
    assert Lookup("t", tensor((2,), 0, 1), np.zeros((2, 5), dtype=int)).size == 5
