# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.layers.softmax.op import Softmax
from tests.layers.support import draw, golden_of, tensor


def half(k):
    return 2**(k - 1) if k else 0


def slow(op, vector):
    """The steps of ``Softmax``'s description, one vector of Python integers at a time."""
    exps = []
    for v in vector:
        d = max(vector) - v
        place = (d + half(op.exp_shift)) // 2**op.exp_shift
        exps.append(int(op.exp_table[min(place, len(op.exp_table) - 1)]))
    s = sum(exps)
    n = op.sum_bits - s.bit_length()
    assert n >= 0
    above = s * 2**n - 2**(op.sum_bits - 1)
    place = above // 2**op.recip_shift
    assert 0 <= place < len(op.recip_table)
    r = int(op.recip_table[place])
    if op.drop_table is not None:
        r -= int(op.drop_table[place]) * (above % 2**op.recip_shift) // 2**op.recip_shift
    return [min((e * r * 2**n + half(op.y_shift)) // 2**op.y_shift, 2**op.frac) for e in exps]


@pytest.mark.parametrize("frac", [2, 8, 15, 23, 30])
@pytest.mark.parametrize("table_size", [3, 64, 2048])
@pytest.mark.parametrize("classes", [1, 2, 7, 100])
@pytest.mark.parametrize("interpolated", [False, True])
def test_steps_of_the_description(frac, table_size, classes, interpolated):
    x = tensor((2, classes), -200, 199, 5)
    op = Softmax.design("s", x, frac, table_size, interpolated=interpolated)
    inputs = draw(x, 10)
    expected = [[slow(op, vector) for vector in vectors] for vectors in inputs.tolist()]
    assert golden_of(op, inputs).tolist() == expected
