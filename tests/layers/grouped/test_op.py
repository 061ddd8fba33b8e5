# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.grouped.op import Grouped
from tests.layers.support import assert_interval, every_input, tensor


@pytest.mark.parametrize(("low", "high"), [
    (-2, 1), ([[-1, 0], [2, -3]], [[1, 3], [2, -1]]), ([[-1], [0]], [[1], [2]])])
def test_interval_is_sound_and_tight(low, high):
    x = tensor((2, 2), low, high)
    weight = np.array([[[2, -3], [0, 0], [5, 1]], [[-1, -1], [7, 0], [1, -4]]])
    op = Grouped("g", x, weight, np.array([[0, 5, -4], [1, 1, 1]]))
    assert_interval(op, every_input(x))


def test_interval_of_many_vectors():
    x = tensor((2, 2, 1), [[[0], [-1]], [[-2], [1]]], [[[1], [0]], [[0], [2]]])
    assert_interval(Grouped("g", x, np.array([[[3]], [[-5]]]), np.array([[1], [0]])),
                    every_input(x))


def test_interval_beyond_int64():
    x = tensor((2, 2), -2**61, 2**61)
    op = Grouped("g", x, np.array([[[2**20, -2**20]], [[1, 0]]]), np.array([[1], [0]]))
    assert op.y.bounds == (-2**82 + 1, 2**82 + 1)
    assert [b.tolist() for b in op.y.flat_bounds()] == [[-2**82 + 1, -2**61], [2**82 + 1, 2**61]]


def test_sizes():
    op = Grouped("g", tensor((5, 2, 4, 3), 0, 1), np.zeros((4, 6, 3), int), np.zeros((4, 6), int),
                 6)
    assert (op.groups, op.fan_in, op.fan_out, op.vectors) == (4, 3, 6, 10)
    assert (op.y.shape, op.y.frac) == ((5, 2, 4, 6), 6)


@pytest.mark.parametrize("shape", [(3, 4, 2), (2, 4, 3)])
def test_weights_must_match_the_operand(shape):
    with pytest.raises(AssertionError):
        Grouped("g", tensor((2, 2), 0, 1), np.zeros(shape, int), np.zeros(shape[:2], int))
