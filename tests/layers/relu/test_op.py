# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.relu.op import Relu
from tests.layers.support import assert_interval, every_input, tensor


@pytest.mark.parametrize("slope", [0, 1, 3, -2, np.array([0, 5, -7])])
@pytest.mark.parametrize("slope_frac", [0, 2])
def test_interval_is_sound_and_tight(slope, slope_frac):
    for low, high in (([-4, 0, 2], [3, 3, 5]), ([-5, -4, -3], [-1, 0, 1]), (-6, 3)):
        x = tensor((3,), low, high, 4)
        op = Relu("relu", x, slope, slope_frac)
        assert_interval(op, every_input(x))
        assert op.y.frac == 4 + slope_frac
