# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.layers.argmax.op import Argmax
from tests.layers.support import check_kernel, check_stage, check_timing, draw, every_input, tensor


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("classes", [1, 2, 3, 5, 6])
def test_kernel_on_every_input(last, classes):
    x = tensor((classes,), -1, 1)
    check_kernel(Argmax("best", x, last), [every_input(x)], classes)


@pytest.mark.parametrize("last", [False, True])
def test_kernel_with_an_interval_for_each_element(last):
    x = tensor((5,), [-3, 0, 2, -9, 1], [1, 0, 2, 9, 5])
    check_kernel(Argmax("best", x, last), [draw(x, 300)], 5)


@pytest.mark.parametrize("lanes", [3, 6])
def test_several_vectors(lanes):
    op = Argmax("best", tensor((4, 3), -2, 2))
    check_kernel(op, [draw(op.x, 60)], lanes)
    check_stage(op, [draw(op.x, 6)], lanes)
    check_timing(op, lanes)


def test_stage():
    op = Argmax("best", tensor((10,), -8, 7), last=True)
    check_stage(op, [draw(op.x, 30)], 10, clock_mhz=400)
    check_timing(op, 10, clock_mhz=400)
