# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.hw.layout import PortLayout
from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType
from nnhw.sim.verilator.transport import element_bytes, from_bytes, to_bytes


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("width", [1, 2, 7, 8, 9, 16, 17, 32, 33, 62, 63, 64, 65, 128, 129, 200])
def test_every_width_comes_back(width, signed):
    element = FixedType(width, signed=signed)
    port = PortLayout("x", TensorType.of((3,), element), 1)
    values = [element.min, element.max, element.max // 3, 0, max(-1, element.min), element.min // 3]
    dtype = np.int64 if width < 63 else object
    x = np.array(values, dtype=dtype).reshape(2, 3)
    data = to_bytes(port, x)
    assert len(data) == 6 * element_bytes(port)
    back = from_bytes(port, data, 2)
    assert back.tolist() == x.tolist()
    assert back.dtype == dtype


def test_small_numbers_cross_a_wide_port():
    port = PortLayout("x", TensorType.of((3,), FixedType(100)), 1)
    x = np.array([[-1, 0, 5]])
    assert from_bytes(port, to_bytes(port, x), 1).tolist() == x.tolist()
