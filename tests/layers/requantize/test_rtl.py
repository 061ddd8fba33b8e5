# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, Overflow, Quantizer, Rounding
from tests.layers.support import check_kernel, check_stage, check_timing, draw, tensor

X = tensor((4, 3), [-200, 0, -37], [200, 255, -30])
MANY = (np.array([3, -5, 1]), np.array([7, 0, -9]))


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize("overflow", Overflow)
def test_kernel(rounding, overflow):
    for to in (FixedType(5), FixedType(6, 2, False)):
        for (multiplier, offset), shift in (((1, 0), 3), (MANY, 4), ((77, 5), -2)):
            op = Requantize("q", X, Quantizer(to, rounding, overflow), shift, multiplier, offset)
            check_kernel(op, [draw(X, 20)], 12)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 5, 6, 7, 12])
def test_kernel_with_few_lanes(lanes):
    op = Requantize("q", X, Quantizer(FixedType(5)), 4, *MANY, low=0, high=11)
    check_kernel(op, [draw(X, 40)], lanes)


@pytest.mark.parametrize("lanes", [2, 5, 12])
@pytest.mark.parametrize("clock_mhz", [50, 400])
def test_stage(lanes, clock_mhz):
    op = Requantize("q", X, Quantizer(FixedType(5)), 4, *MANY)
    check_stage(op, [draw(X, 6)], lanes, clock_mhz=clock_mhz)
    check_timing(op, lanes, clock_mhz=clock_mhz)
