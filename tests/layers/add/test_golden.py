# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.add.op import Add
from tests.layers.support import draw, golden_of, tensor


@pytest.mark.parametrize("shifts", [(0, 0), (4, 0), (0, 7), (30, 2), (0, 60)])
def test_sum_of_python_integers(shifts):
    a, b = tensor((3,), -2**40, 2**40), tensor((3,), [-5, 0, -2**30], 2**30)
    op = Add("sum", a, b, *shifts)
    x, y = draw(a, 20), draw(b, 20, 1)
    expected = [[int(u) * 2**shifts[0] + int(v) * 2**shifts[1] for u, v in zip(*row, strict=True)]
                for row in zip(x, y, strict=True)]
    assert golden_of(op, x, y).tolist() == expected


def test_shape_is_kept():
    a = tensor((2, 2), -4, 3)
    assert golden_of(Add("sum", a, a), np.ones((5, 2, 2), int), np.ones((5, 2, 2), int)
                     ).shape == (5, 2, 2)
