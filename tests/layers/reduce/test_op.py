# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.reduce.op import Reduce
from tests.layers.support import assert_interval, every_input, tensor

HOW = ["sum", "max", "min"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("low", "high"), [
    (-2, 1), ([[-3, 0], [2, -1]], [[-1, 1], [2, 2]]), ([[-1], [0]], [[1], [2]])])
def test_interval_is_sound_and_tight(how, low, high):
    x = tensor((2, 2), low, high)
    assert_interval(Reduce("r", x, how), every_input(x))


def test_interval_beyond_int64():
    x = tensor((4,), -2**61, 2**61)
    assert Reduce("r", x, "sum").y.bounds == (-2**63, 2**63)
    assert Reduce("r", x, "max").y.bounds == (-2**61, 2**61)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("bound", [0, [0, 0, 0], [[0], [0]], [[[0, 0, 0]] * 2]])
def test_binary_points_of_leading_axes_stay(how, bound):
    """However much of the shape the bounds spell out."""
    x = tensor((1, 2, 3), bound, 5, [[[4], [6]]])
    op = Reduce("r", x, how)
    assert op.y.shape == (1, 2)
    assert np.broadcast_to(op.y.frac, (1, 2)).tolist() == [[4, 6]]
