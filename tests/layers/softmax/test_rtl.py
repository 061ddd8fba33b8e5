# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.layers.softmax.op import Softmax
from tests.layers.support import (
    check_kernel,
    check_stage,
    check_timing,
    draw,
    every_input,
    tensor,
)


@pytest.mark.parametrize("table_size", [2, 5, 16, 512])
@pytest.mark.parametrize("frac", [1, 4, 8])
def test_kernel_on_every_input(table_size, frac):
    for classes, low, high in ((1, -3, 4), (2, -16, 15), (3, -3, 4), (4, -1, 2)):
        op = Softmax.design("s", tensor((classes,), low, high, 1), frac, table_size)
        check_kernel(op, [every_input(op.x)], classes)


@pytest.mark.parametrize("classes", [2, 5, 10])
def test_kernel_at_random(classes):
    op = Softmax.design("s", tensor((classes,), -2000, 2047, 8), 15)
    check_kernel(op, [draw(op.x, 200)], classes)


def test_kernel_of_several_vectors():
    op = Softmax.design("s", tensor((3, 4), -16, 15, 2), 8, 64)
    check_kernel(op, [draw(op.x, 50)], 4)
    check_kernel(op, [draw(op.x, 50)], 12)


@pytest.mark.parametrize("clock_mhz", [50, 400])
def test_stage(clock_mhz):
    op = Softmax.design("s", tensor((5,), -128, 127, 4), 10, 256)
    check_stage(op, [draw(op.x, 15)], 5, clock_mhz=clock_mhz)
    check_timing(op, 5, clock_mhz=clock_mhz)
