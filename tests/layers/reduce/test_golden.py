# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.reduce.op import Reduce
from tests.layers.support import draw, golden_of, tensor

HOW = {"sum": sum, "max": max, "min": min}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("taps", [1, 2, 5, 9])
@pytest.mark.parametrize("bound", [9, 2**40])
def test_python_integers(how, taps, bound):
    x = tensor((2, 3, taps), -bound, bound)
    inputs = draw(x, 20)
    expected = [[[HOW[how](v) for v in row] for row in pixels] for pixels in inputs.tolist()]
    assert golden_of(Reduce("r", x, how), inputs).tolist() == expected


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("bound", [2**60, 2**61, 2**70])
def test_beyond_int64(how, bound):
    x = tensor((2, 9), -bound, bound)
    inputs = np.array([[[bound] * 9, [-bound] * 9], [[bound] + [-bound] * 8, [bound] * 9]])
    expected = [[HOW[how](v) for v in vectors] for vectors in inputs.tolist()]
    assert golden_of(Reduce("r", x, how), inputs).tolist() == expected
