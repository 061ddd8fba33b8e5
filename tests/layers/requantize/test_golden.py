# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding
from tests.layers.requantize.model import slow
from tests.layers.support import draw, golden_of, tensor


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", Overflow)
def test_equals_fractions(rounding, overflow):
    x = tensor((2, 3), -200, 200)
    inputs = draw(x, 10)
    for to in (FixedType(5), FixedType(6, 2, False)):
        for multiplier, offset, shift in (
                (1, 0, 3), (np.array([3, -5, 1]), np.array([7, 0, -9]), 4), (77, 0, -2),
                (1, -13, 0)):
            op = Requantize("q", x, Quantizer(to, rounding, overflow), shift, multiplier, offset)
            assert golden_of(op, inputs).tolist() == slow(op, inputs).tolist()


def test_ranges_narrower_than_the_type():
    x = tensor((1,), -300, 300)
    inputs = np.arange(-300, 301)[:, None]
    op = Requantize("q", x, Quantizer(FixedType(8)), 1, low=-3, high=100)
    assert golden_of(op, inputs).tolist() == slow(op, inputs).tolist()


@pytest.mark.parametrize("rounding", Rounding)
def test_products_beyond_int64(rounding):
    x = tensor((2,), -2**40, 2**40)
    op = Requantize("q", x, Quantizer(FixedType(20), rounding), 60,
                    np.array([2**35 + 1, -3**20]), np.array([2**59, -2**58 + 1]))
    inputs = draw(x, 50)
    assert golden_of(op, inputs).tolist() == slow(op, inputs).tolist()


def test_results_beyond_int64():
    x = tensor((2,), -9, 9)
    op = Requantize("q", x, Quantizer(FixedType(90)), -70, 3, 1)
    assert golden_of(op, np.array([[-9, 5]])).tolist() == [[-26 * 2**70, 16 * 2**70]]
    assert op.y.bounds == (-26 * 2**70, 28 * 2**70)
