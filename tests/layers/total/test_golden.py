# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.total.op import Total
from tests.layers.support import draw, golden_of, tensor

HOW = {"sum": sum, "max": max, "min": min}


def slow(op, x):
    """Channel by channel over all pixels, on nested lists."""
    channels = op.x.shape[-1]
    return [[HOW[op.how](pixel[c] for pixel in frame) for c in range(channels)]
            for frame in x.reshape(len(x), -1, channels).tolist()]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 2), (1, 1, 3), (3,)])
@pytest.mark.parametrize("bound", [9, 2**40])
def test_python_integers(how, shape, bound):
    op = Total("t", tensor(shape, -bound, bound), how)
    inputs = draw(op.x, 20)
    assert golden_of(op, inputs).tolist() == slow(op, inputs)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("bound", [2**60, 2**61, 2**70])
def test_beyond_int64(how, bound):
    op = Total("t", tensor((9, 2), -bound, bound), how)
    inputs = np.array([[[bound, -bound]] * 9, [[-bound, bound]] + [[bound, 1 - bound]] * 8])
    assert golden_of(op, inputs).tolist() == slow(op, inputs)
