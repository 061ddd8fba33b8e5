# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.total.op import Total
from tests.layers.support import assert_interval, every_input, tensor

HOW = ["sum", "max", "min"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("low", "high"), [
    (-1, 1), ([[[-3, 0]], [[2, -1]]], [[[-1, 1]], [[2, 2]]]), ([-1, 0], [1, 3])])
def test_interval_is_sound_and_tight(how, low, high):
    x = tensor((2, 1, 2), low, high)
    assert_interval(Total("t", x, how), every_input(x))


def test_interval_beyond_int64():
    assert Total("t", tensor((8, 1), -2**61, 2**61)).y.bounds == (-2**64, 2**64)


def test_sizes():
    op = Total("t", tensor((3, 4, 2), 0, 1))
    assert (op.vectors, op.y.shape, op.y.bounds) == (12, (2,), (0, 12))


@pytest.mark.parametrize("frac", [[3, 5], [[[3, 5]]], np.broadcast_to([3, 5], (2, 3, 2))])
def test_binary_points_of_channels_stay(frac):
    """However much of the shape they spell out."""
    assert Total("t", tensor((2, 3, 2), 0, 1, frac)).y.frac.tolist() == [3, 5]
