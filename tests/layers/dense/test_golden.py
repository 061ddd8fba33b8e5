# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.dense.op import Dense
from tests.layers.support import draw, golden_of, tensor


def slow(op, x):
    """Sums of products of Python integers."""
    rows, bias = op.weight.tolist(), op.bias.tolist()
    return [[sum(w * int(v) for w, v in zip(row, vector, strict=True)) + b
             for row, b in zip(rows, bias, strict=True)]
            for vector in x.reshape(-1, op.fan_in)]


#: Bits of operands and weights for each arithmetic: float32, float64, int64, Python integers.
BITS = [(4, 4), (8, 13), (8, 14), (20, 25), (20, 30), (25, 33), (30, 31), (35, 40), (50, 80),
        (61, 1)]


@pytest.mark.parametrize(("x_bits", "w_bits"), BITS)
def test_exact_in_every_arithmetic(x_bits, w_bits):
    rng = np.random.default_rng(x_bits)
    x = tensor((6,), -2**x_bits, 2**x_bits - 1)
    weight = np.array([[int(v) * 2**(w_bits - 1) // 2**20 for v in row]
                       for row in rng.integers(-2**20, 2**20 + 1, (3, 6))], dtype=object)
    weight[0] = [2**w_bits - 1] * 6
    op = Dense("d", x, weight, np.array([0, -2**w_bits, 2**w_bits + 1], dtype=object))
    inputs = draw(x, 50)
    inputs[0], inputs[1] = -2**x_bits, 2**x_bits - 1
    assert golden_of(op, inputs).tolist() == slow(op, inputs)


@pytest.mark.parametrize("peak_bits", [24, 53, 62])
def test_exact_at_the_limit_of_each_arithmetic(peak_bits):
    for more in (-1, 0, 1):
        x = tensor((2,), -1, 2**(peak_bits - 3) + more)
        op = Dense("d", x, np.array([[7, 1], [3, 4]]), np.array([1, -1]))
        top = int(x.high)
        inputs = np.array([[top, top], [top - 1, top], [top, -1], [-1, top]])
        assert golden_of(op, inputs).tolist() == slow(op, inputs)


def test_leading_axes_stay():
    x = tensor((2, 2, 3), -4, 3)
    op = Dense("d", x, np.arange(6).reshape(2, 3), np.array([1, -1]))
    inputs = draw(x, 4)
    assert golden_of(op, inputs).reshape(-1, 2).tolist() == slow(op, inputs)
    assert golden_of(op, inputs).shape == (4, 2, 2, 2)


def test_no_weight_at_all():
    x = tensor((2,), -2**200, 2**200)
    op = Dense("d", x, np.zeros((1, 2), int), np.array([5]))
    assert golden_of(op, np.array([[2**200, -2**200]], dtype=object)).tolist() == [[5]]
