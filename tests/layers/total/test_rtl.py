# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.requantize.op import Requantize
from nnhw.layers.total.op import Total
from nnhw.numeric.types import FixedType, Quantizer
from tests.layers.support import check_stage, check_timing, draw, every_input, tensor

HOW = ["sum", "max", "min"]


def check(op, inputs, **options):
    check_stage(op, [inputs], op.x.shape[-1], blocks=(op.vectors, 1), **options)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("shape", [(2, 3, 4), (5, 2), (1, 1, 3), (3,), (7, 1)])
def test_stage(how, shape):
    op = Total("t", tensor(shape, -8, 7), how)
    check(op, draw(op.x, 6))
    check_timing(op, shape[-1], blocks=(op.vectors, 1))


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("low", "high"), [
    ([[-60], [0]], [[-50], [3]]), ([[0], [-60]], [[3], [-50]]), ([[5], [50]], [[6], [59]]),
    ([[50], [5]], [[59], [6]])])
def test_partial_results_outside_the_final_interval(how, low, high):
    """A running maximum may be below every maximum of a whole frame."""
    x = tensor((2, 1), low, high)
    op = Total("t", x, how)
    check(op, every_input(x)[:40])


@pytest.mark.parametrize("clock_mhz", [50, 600])
@pytest.mark.parametrize("how", HOW)
def test_at_clocks(how, clock_mhz):
    op = Total("t", tensor((3, 3, 2), -128, 127), how)
    check(op, draw(op.x, 4), clock_mhz=clock_mhz)
    check_timing(op, 2, blocks=(9, 1), clock_mhz=clock_mhz)


def test_a_global_average_pool():
    op = Total("t", tensor((3, 5, 3), -8, 7), "sum")
    scale = Requantize("q", op.y, Quantizer(FixedType(5)), 8, np.array([17, 18, 16]))
    check(op, draw(op.x, 6), ops=(scale,))
    check_timing(op, 3, ops=(scale,), blocks=(15, 1))
