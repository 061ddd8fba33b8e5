# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.reduce.op import Reduce
from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, Quantizer
from tests.layers.support import check_kernel, check_stage, check_timing, draw, every_input, tensor

HOW = ["sum", "max", "min"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("low", "high"), [
    (-2, 1), ([-3, 0, 4], [-1, 1, 4]), ([0, 2, -4], [0, 3, 1]), ([-9, -2, 5], [-7, 3, 6])])
def test_kernel_on_every_input(how, low, high):
    op = Reduce("r", tensor((3,), low, high), how)
    check_kernel(op, [every_input(op.x)], 3)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("taps", [1, 2, 4, 5, 9])
@pytest.mark.parametrize("vectors", [1, 2, 6])
def test_kernel_of_many_vectors(how, taps, vectors):
    op = Reduce("r", tensor((6, taps), -200, 199), how)
    check_kernel(op, [draw(op.x, 30)], vectors * taps)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("lanes", [4, 8, 24])
def test_stage(how, lanes):
    op = Reduce("r", tensor((2, 3, 4), -8, 7), how)
    check_stage(op, [draw(op.x, 5)], lanes)
    check_timing(op, lanes)


@pytest.mark.parametrize("clock_mhz", [50, 600])
def test_at_clocks(clock_mhz):
    op = Reduce("r", tensor((2, 9), -128, 127), "sum")
    check_stage(op, [draw(op.x, 6)], 9, clock_mhz=clock_mhz)
    check_timing(op, 9, clock_mhz=clock_mhz)


@pytest.mark.parametrize("lanes", [4, 8, 12])
def test_an_average_pool(lanes):
    """Sum, then another divisor at every place, as padding that does not count needs it."""
    op = Reduce("r", tensor((2, 3, 4), -8, 7), "sum")
    divisor = np.array([[[16], [8], [16]], [[8], [4], [8]]])
    scale = Requantize("q", op.y, Quantizer(FixedType(5)), 4, divisor.reshape(2, 3))
    check_stage(op, [draw(op.x, 5)], lanes, ops=(scale,))
