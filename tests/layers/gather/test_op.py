# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.gather.op import Gather
from tests.layers.gather.moves import MOVES, make
from tests.layers.support import assert_interval, every_input, tensor


@pytest.mark.parametrize("index", [[3, 0, 1], [[2, 2], [-1, 0]], [-1, -1]])
@pytest.mark.parametrize("value", [-7, 0, 7])
def test_interval_is_sound_and_tight(index, value):
    x = tensor((4,), [-1, 0, 2, -3], [1, 0, 3, -2])
    assert_interval(Gather("g", x, np.array(index), value), every_input(x))


@pytest.mark.parametrize("move", MOVES)
def test_uniform_operands_stay_uniform_without_padding(move):
    op = make(move)
    padded = (op.index < 0).any()
    assert op.y.shape == op.index.shape
    assert padded or (op.y.low.ndim == op.y.high.ndim == 0 and op.y.bounds == (-8, 7))


def test_binary_points_move_along():
    op = Gather("g", tensor((2, 2), 0, 1, [3, 5]), np.array([1, 3, 0]))
    assert op.y.frac.tolist() == [5, 5, 3]


@pytest.mark.parametrize("index", [[-2], [4]])
def test_positions_must_be_those_of_the_operand(index):
    with pytest.raises(AssertionError):
        Gather("g", tensor((4,), 0, 1), np.array(index))
