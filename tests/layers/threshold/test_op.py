# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.threshold.op import Threshold
from tests.layers.support import assert_interval, every_input, tensor

LEVELS = np.array([[-3, 0, 2], [-1, -1, 4], [5, 6, 7]])


@pytest.mark.parametrize("descending", [False, True, np.array([False, True, False])])
@pytest.mark.parametrize("step", [1, 2, -3])
def test_interval_is_sound_and_tight(descending, step):
    for low, high in ((-5, 5), ([-4, 0, 6], [-3, 4, 6])):
        op = Threshold("t", tensor((3,), low, high), LEVELS, descending, -7, step, 2)
        assert_interval(op, every_input(op.x))
        assert op.y.frac == 2


def test_one_row_serves_all_channels():
    op = Threshold("t", tensor((2, 2), -4, 4), np.array([[0, 3]]), base=-1, step=2)
    assert op.levels == 2
    assert_interval(op, np.stack([np.full((2, 2), v) for v in range(-4, 5)]))
