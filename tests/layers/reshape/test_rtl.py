# SPDX-License-Identifier: Apache-2.0
from nnhw.layers.reshape.op import Reshape
from tests.layers.support import check_kernel, draw, tensor


def test_kernel():
    x = tensor((2, 3), [-8, 0, 2], [7, 1, 3])
    for lanes in (1, 3, 6):
        check_kernel(Reshape("flat", x, (6,)), [draw(x, 20)], lanes)
