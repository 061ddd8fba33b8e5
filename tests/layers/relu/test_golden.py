# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.relu.op import Relu
from tests.layers.support import draw, golden_of, tensor


def test_a_slope_for_each_place():
    x = tensor((2, 3), -9, 9)
    slope = np.array([[1], [-2]])
    y = golden_of(Relu("relu", x, slope, 1), -np.ones((1, 2, 3), dtype=int))
    assert y.tolist() == [[[-1] * 3, [2] * 3]]


@pytest.mark.parametrize("slope", [[0], [3], [-2, 0, 7], [2**20, 1, -2**20]])
@pytest.mark.parametrize("slope_frac", [0, 5, 40])
@pytest.mark.parametrize("bound", [9, 2**40])
def test_product_of_python_integers(slope, slope_frac, bound):
    x = tensor((2, 3), -bound, bound)
    op = Relu("relu", x, np.array(slope) if len(slope) > 1 else slope[0], slope_frac)
    inputs = draw(x, 30)
    slopes = slope * (3 // len(slope))
    expected = [[[v * 2**slope_frac if v >= 0 else v * s for v, s in zip(row, slopes, strict=True)]
                 for row in pixels] for pixels in inputs.tolist()]
    assert golden_of(op, inputs).tolist() == expected
