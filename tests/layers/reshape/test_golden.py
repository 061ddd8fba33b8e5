# SPDX-License-Identifier: Apache-2.0
import numpy as np

from nnhw.layers.reshape.op import Reshape
from tests.layers.support import golden_of, tensor


def test_order_is_row_major_and_the_batch_stays():
    x = np.arange(24).reshape(2, 3, 4)
    op = Reshape("folded", tensor((3, 4), 0, 23), (2, 6))
    assert golden_of(op, x).tolist() == [np.arange(12).reshape(2, 6).tolist(),
                                         np.arange(12, 24).reshape(2, 6).tolist()]
