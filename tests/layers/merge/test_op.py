# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.merge.op import Merge
from tests.layers.support import assert_interval, every_input, tensor

BOUNDS = [(-2, 1), ([-3, 0], [-1, 4]), ([0, -1], [2, 0]), (-3, -1)]


@pytest.mark.parametrize("how", ["mul", "max", "min"])
@pytest.mark.parametrize("a", BOUNDS)
@pytest.mark.parametrize("b", BOUNDS)
def test_interval_is_sound_and_tight(how, a, b):
    op = Merge("m", tensor((2,), *a), tensor((2,), *b), how)
    xs, ys = every_input(op.a), every_input(op.b)
    assert_interval(op, xs.repeat(len(ys), axis=0), np.tile(ys, (len(xs), 1)))


@pytest.mark.parametrize("how", ["max", "min"])
@pytest.mark.parametrize("shifts", [(2, 0), (0, 3)])
def test_interval_of_shifted_operands(how, shifts):
    op = Merge("m", tensor((1,), -2, 3), tensor((1,), -1, 5), how, *shifts)
    xs, ys = every_input(op.a), every_input(op.b)
    assert_interval(op, xs.repeat(len(ys), axis=0), np.tile(ys, (len(xs), 1)))


def test_interval_beyond_int64():
    x = tensor((1,), -2**40, 2**40)
    assert Merge("m", x, x, "mul").y.bounds == (-2**80, 2**80)
    assert Merge("m", x, x, "max", 40).y.bounds == (-2**40, 2**80)
