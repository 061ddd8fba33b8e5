# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.dense.op import Dense
from tests.layers.support import assert_interval, every_input, tensor


def test_interval_is_sound_and_tight():
    weight = np.array([[2, -3, 0], [-1, -1, 5], [0, 0, 0], [7, 1, 1]])
    for low, high in ((-2, 1), ([-1, 0, 2], [1, 3, 2]), ([-3, -2, -4], [-1, -2, -3])):
        x = tensor((3,), low, high)
        assert_interval(Dense("d", x, weight, np.array([0, 5, -4, 1])), every_input(x))


def test_interval_of_many_vectors():
    x = tensor((2, 2), [[0, -1], [-2, 1]], [[1, 0], [0, 2]])
    assert_interval(Dense("d", x, np.array([[3, -5], [1, 2], [0, -1]]), np.array([1, 0, 0])),
                    every_input(x))


def test_interval_beyond_int64():
    x = tensor((2,), -2**61, 2**61)
    op = Dense("d", x, np.array([[2**20, -2**20]]), np.array([1]))
    assert op.y.bounds == (-2**82 + 1, 2**82 + 1)


def test_sizes():
    op = Dense("d", tensor((5, 3), 0, 1), np.zeros((4, 3), int), np.zeros(4, int), 6)
    assert (op.fan_in, op.fan_out, op.vectors, op.y.shape, op.y.frac) == (3, 4, 5, (5, 4), 6)


@pytest.mark.parametrize("shape", [(4, 2), (3, 4)])
def test_weights_must_match_the_operand(shape):
    with pytest.raises(AssertionError):
        Dense("d", tensor((3,), 0, 1), np.zeros(shape, int), np.zeros(shape[0], int))
