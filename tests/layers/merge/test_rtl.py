# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.merge.op import Merge
from tests.layers.support import check_kernel, check_stage, draw, every_input, tensor

HOW = ["mul", "max", "min"]
A, B = tensor((2, 3), [-8, 0, -1], [7, 15, 0]), tensor((2, 3), -32, [[31], [0]])


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("a", "b"), [((-3, 2), (-2, 5)), ((0, 4), (-3, -1)), ((1, 1), (-2, 2)),
                                      ((-5, -3), (2, 4))])
def test_kernel_on_every_input(how, a, b):
    op = Merge("m", tensor((1,), *a), tensor((1,), *b), how)
    xs, ys = every_input(op.a), every_input(op.b)
    check_kernel(op, [xs.repeat(len(ys), axis=0), np.tile(ys, (len(xs), 1))], 1)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 6])
def test_kernel(how, lanes):
    shifts = (0, 0) if how == "mul" else (2, 0)
    check_kernel(Merge("m", A, B, how, *shifts), [draw(A, 40), draw(B, 40, 1)], lanes)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("lanes", [1, 4, 6])
@pytest.mark.parametrize("clock_mhz", [50, 600])
def test_stage(how, lanes, clock_mhz):
    check_stage(Merge("m", A, B, how), [draw(A, 6), draw(B, 6, 1)], lanes, clock_mhz=clock_mhz)
