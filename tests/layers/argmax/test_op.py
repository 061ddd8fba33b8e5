# SPDX-License-Identifier: Apache-2.0
from nnhw.layers.argmax.op import Argmax
from tests.layers.support import assert_interval, every_input, tensor


def test_interval_is_sound_and_tight():
    x = tensor((2, 3), -1, 1)
    for last in (False, True):
        assert_interval(Argmax("best", x, last), every_input(x))


def test_the_last_axis_keeps_length_one():
    assert Argmax("best", tensor((4, 5), 0, 1)).y.shape == (4, 1)
