# SPDX-License-Identifier: Apache-2.0
import numpy as np

from nnhw.layers.concat.op import Concat
from tests.layers.support import assert_interval, every_input, tensor


def check(op):
    xs, ys = every_input(op.a), every_input(op.b)
    assert_interval(op, xs.repeat(len(ys), axis=0), np.tile(ys, (len(xs), *[1] * (ys.ndim - 1))))


def test_interval_is_sound_and_tight():
    a, b = tensor((2, 1), [[-3], [0]], [[1], [4]]), tensor((2, 2), [-1, 2], [1, 2])
    for shifts in ((0, 0), (3, 0), (0, 2)):
        check(Concat("c", a, b, *shifts))


def test_scalar_bounds_of_each_side():
    check(Concat("c", tensor((2,), -1, 0), tensor((1,), 3, 5)))


def test_shape_and_binary_point():
    op = Concat("c", tensor((4, 2, 3), 0, 1), tensor((4, 2, 1), 0, 1), frac=5)
    assert op.y.shape == (4, 2, 4) and op.y.frac == 5


def test_interval_beyond_int64():
    op = Concat("c", tensor((1,), -2**60, 2**60), tensor((1,), 0, 1), 10, 0)
    assert op.y.bounds == (-2**70, 2**70)
