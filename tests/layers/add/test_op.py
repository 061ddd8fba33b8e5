# SPDX-License-Identifier: Apache-2.0
from nnhw.layers.add.op import Add
from tests.layers.support import assert_interval, every_input, tensor


def test_interval_is_sound_and_tight():
    a, b = tensor((2,), [-3, 0], [1, 4]), tensor((2,), [-1, 2], [2, 2])
    for shifts in ((0, 0), (3, 0), (0, 2)):
        op = Add("sum", a, b, *shifts)
        xs, ys = every_input(a), every_input(b)
        assert_interval(op, xs.repeat(len(ys), axis=0), ys[list(range(len(ys))) * len(xs)])


def test_binary_point_is_the_users():
    assert Add("sum", tensor((1,), 0, 1), tensor((1,), 0, 1), 2, 0, frac=5).y.frac == 5


def test_interval_beyond_int64():
    op = Add("sum", tensor((1,), -2**60, 2**60), tensor((1,), 0, 1), 10, 0)
    assert op.y.bounds == (-2**70, 2**70 + 1)
