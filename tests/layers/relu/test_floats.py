# SPDX-License-Identifier: Apache-2.0
import numpy as np

from nnhw.layers.relu.floats import floats
from nnhw.layers.relu.op import Relu
from tests.layers.support import golden_of, tensor


def test_equals_golden():
    op, inputs = Relu("r", tensor((1,), -20, 20)), np.arange(-20, 21)[:, None]
    x = inputs.astype(np.float32)
    assert floats(op, np.float32)(x, None).tolist() == golden_of(op, inputs).tolist()
    assert floats(op, np.float32)(x, x) is x


def test_leaky_and_wide_ones_are_refused():
    assert floats(Relu("r", tensor((1,), -20, 20), 1, 3), np.float32) is None
    assert floats(Relu("r", tensor((1,), -20, (1 << 24) + 1)), np.float32) is None
    assert floats(Relu("r", tensor((1,), -20, 1 << 24)), np.float32) is not None
