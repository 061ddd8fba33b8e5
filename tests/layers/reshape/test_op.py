# SPDX-License-Identifier: Apache-2.0
from nnhw.layers.reshape.op import Reshape
from tests.layers.support import assert_interval, every_input, tensor


def test_bounds_move_with_their_elements():
    x = tensor((2, 2), [[0, -1], [2, -3]], [[1, 0], [3, -3]])
    op = Reshape("flat", x, (4,))
    assert [b.tolist() for b in op.y.flat_bounds()] == [[0, -1, 2, -3], [1, 0, 3, -3]]
    assert_interval(op, every_input(x))
