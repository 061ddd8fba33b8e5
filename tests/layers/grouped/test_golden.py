# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.dense.op import Dense
from nnhw.layers.grouped.op import Grouped
from tests.layers.support import draw, golden_of, tensor


def slow(op, x):
    """Sums of products of Python integers."""
    weight, bias = op.weight.tolist(), op.bias.tolist()
    return [[[sum(w * int(v) for w, v in zip(row, vector, strict=True)) + b
              for row, b in zip(weight[g], bias[g], strict=True)]
             for g, vector in enumerate(groups)]
            for groups in x.reshape(-1, op.groups, op.fan_in).tolist()]


@pytest.mark.parametrize(("x_bits", "w_bits"), [(4, 4), (20, 29), (20, 32), (30, 31), (61, 1),
                                                (50, 80)])
def test_exact_in_every_arithmetic(x_bits, w_bits):
    rng = np.random.default_rng(x_bits)
    x = tensor((3, 5), -2**x_bits, 2**x_bits - 1)
    weight = [[[int(v) * 2**(w_bits - 1) // 2**20 for v in row] for row in group]
              for group in rng.integers(-2**20, 2**20 + 1, (3, 2, 5))]
    weight[0][0] = [2**w_bits - 1] * 5
    op = Grouped("g", x, weight, [[0, -2**w_bits], [2**w_bits + 1, 1], [0, 0]])
    inputs = draw(x, 50)
    inputs[0], inputs[1] = -2**x_bits, 2**x_bits - 1
    assert golden_of(op, inputs).tolist() == slow(op, inputs)


@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("peak_bits", [53, 62])
def test_exact_at_the_limit_of_each_arithmetic(peak_bits, more):
    top = 2**(peak_bits - 3) + more
    op = Grouped("g", tensor((2, 2), -1, top), [[[7, 1]], [[3, 4]]], [[1], [-1]])
    inputs = np.array([[[top, top], [top - 1, top]], [[top, -1], [-1, top]]])
    assert golden_of(op, inputs).tolist() == slow(op, inputs)


def test_leading_axes_stay():
    x = tensor((2, 3, 2, 3), -4, 3)
    op = Grouped("g", x, np.arange(12).reshape(2, 2, 3) - 5, np.array([[1, -1], [0, 9]]))
    inputs = draw(x, 4)
    assert golden_of(op, inputs).shape == (4, 2, 3, 2, 2)
    assert golden_of(op, inputs).reshape(-1, 2, 2).tolist() == slow(op, inputs)


def test_one_group_is_a_dense():
    rng = np.random.default_rng(0)
    weight, bias = rng.integers(-9, 9, (1, 4, 6)), rng.integers(-9, 9, (1, 4))
    grouped = Grouped("g", tensor((1, 6), -8, 7), weight, bias)
    x = draw(grouped.x, 9)
    dense = Dense("d", tensor((6,), -8, 7), weight[0], bias[0])
    assert np.array_equal(golden_of(grouped, x)[:, 0], golden_of(dense, x[:, 0]))
