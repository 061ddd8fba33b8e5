# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.merge.op import Merge
from tests.layers.support import draw, golden_of, tensor

HOW = {"mul": lambda a, b: a * b, "max": max, "min": min}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("bound", [9, 2**31, 2**40, 2**61])
def test_python_integers(how, bound):
    a, b = tensor((2, 3), -bound, bound), tensor((2, 3), [-5, 0, -bound], bound)
    x, y = draw(a, 20), draw(b, 20, 1)
    expected = [[[HOW[how](*pair) for pair in zip(*rows, strict=True)]
                 for rows in zip(*frames, strict=True)]
                for frames in zip(x.tolist(), y.tolist(), strict=True)]
    assert golden_of(Merge("m", a, b, how), x, y).tolist() == expected


@pytest.mark.parametrize("how", ["max", "min"])
@pytest.mark.parametrize("shifts", [(4, 0), (0, 7), (60, 0), (0, 80)])
def test_operands_shifted_first(how, shifts):
    x = tensor((5,), -2**20, 2**20)
    a, b = draw(x, 20), draw(x, 20, 1)
    expected = [[HOW[how](u << shifts[0], v << shifts[1]) for u, v in zip(*rows, strict=True)]
                for rows in zip(a.tolist(), b.tolist(), strict=True)]
    assert golden_of(Merge("m", x, x, how, *shifts), a, b).tolist() == expected


@pytest.mark.parametrize("how", ["max", "min"])
def test_a_shifted_operand_beyond_int64_that_never_wins(how):
    """The interval of the result says nothing about an operand that it leaves out."""
    far = 2**50 if how == "min" else -2**50
    a, b = tensor((1,), far, far), tensor((1,), -5, 5)
    op = Merge("m", a, b, how, 20)
    assert golden_of(op, np.array([[far]]), np.array([[3]])).tolist() == [[3]]
