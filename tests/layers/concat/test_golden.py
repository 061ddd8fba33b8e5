# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.concat.op import Concat
from tests.layers.support import draw, golden_of, tensor


@pytest.mark.parametrize("shifts", [(0, 0), (4, 0), (0, 7), (30, 2), (0, 60)])
@pytest.mark.parametrize("bound", [9, 2**40])
def test_vectors_side_by_side(shifts, bound):
    a, b = tensor((2, 3), -bound, bound), tensor((2, 1), 0, bound)
    x, y = draw(a, 10), draw(b, 10, 1)
    expected = [[[v << shifts[0] for v in left] + [v << shifts[1] for v in right]
                 for left, right in zip(*pair, strict=True)]
                for pair in zip(x.tolist(), y.tolist(), strict=True)]
    assert golden_of(Concat("c", a, b, *shifts), x, y).tolist() == expected


def test_one_operand_beyond_int64():
    op = Concat("c", tensor((1,), -2**80, 2**80), tensor((1,), 0, 1))
    x = np.array([[2**80 - 1]], dtype=object)
    assert golden_of(op, x, np.array([[1]])).tolist() == [[2**80 - 1, 1]]
