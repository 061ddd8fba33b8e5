# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.gather.op import Gather
from tests.layers.gather.moves import MOVES, make
from tests.layers.support import draw, golden_of, tensor


@pytest.mark.parametrize("move", MOVES)
def test_position_by_position(move):
    op = make(move, value=-3)
    inputs = draw(op.x, 10)
    y = golden_of(op, inputs)
    assert y.shape == (10, *op.index.shape)
    for frame, got in zip(inputs.reshape(10, -1).tolist(), y.reshape(10, -1).tolist(), strict=True):
        assert got == [frame[k] if k >= 0 else -3 for k in op.index.reshape(-1).tolist()]


def test_padding_of_pixels_is_that_of_numpy():
    op = make("pad", value=6)
    inputs = draw(op.x, 5)
    expected = np.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=6)
    assert np.array_equal(golden_of(op, inputs), expected)


@pytest.mark.parametrize("value", [2**62, 2**63, 2**70, -2**64])
def test_padding_beyond_int64(value):
    op = Gather("g", tensor((2,), 0, 1), np.array([1, -1, 0]), value)
    assert golden_of(op, np.array([[0, 1]])).tolist() == [[1, value, 0]]
    assert op.y.bounds == (min(0, value), max(1, value))
