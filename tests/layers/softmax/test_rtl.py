# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.hw.serial_softmax import SerialSoftmax
from nnhw.hw.tokens import Link, SerialTokens, Sink, Source, run
from nnhw.layers.softmax.op import Softmax
from nnhw.sim.pysim import steady
from tests.layers.support import (
    check_kernel,
    check_stage,
    check_timing,
    draw,
    every_input,
    tensor,
)
from tests.layers.units import check_unit, check_unit_timing


@pytest.mark.parametrize("table_size", [2, 5, 16, 512])
@pytest.mark.parametrize("frac", [1, 4, 8])
@pytest.mark.parametrize("interpolated", [False, True])
def test_kernel_on_every_input(table_size, frac, interpolated):
    for classes, low, high in ((1, -3, 4), (2, -16, 15), (3, -3, 4), (4, -1, 2)):
        op = Softmax.design("s", tensor((classes,), low, high, 1), frac, table_size,
                            interpolated=interpolated)
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
@pytest.mark.parametrize("interpolated", [False, True])
def test_stage(clock_mhz, interpolated):
    op = Softmax.design("s", tensor((5,), -128, 127, 4), 10, 256, interpolated=interpolated)
    check_stage(op, [draw(op.x, 15)], 5, clock_mhz=clock_mhz)
    check_timing(op, 5, clock_mhz=clock_mhz)


@pytest.mark.slow
@pytest.mark.parametrize("table_size", [2, 16, 512])
@pytest.mark.parametrize("frac", [1, 4, 8])
@pytest.mark.parametrize("interpolated", [False, True])
def test_one_by_one_on_every_input(table_size, frac, interpolated):
    for classes, low, high in ((1, -3, 4), (2, -8, 7), (3, -3, 4)):
        op = Softmax.design("s", tensor((classes,), low, high, 1), frac, table_size,
                            interpolated=interpolated)
        check_unit(op, every_input(op.x)[::3], 1, [(steady, steady)])


@pytest.mark.parametrize("shape", [(5,), (3, 4), (10,)])
@pytest.mark.parametrize("interpolated", [False, True])
def test_one_by_one_under_stalls(shape, interpolated):
    op = Softmax.design("s", tensor(shape, -2000, 2047, 8), 15, 256, interpolated=interpolated)
    check_unit(op, draw(op.x, 6), 1)
    check_unit_timing(op, 1)


@pytest.mark.parametrize("interpolated", [False, True])
def test_one_by_one_takes_as_long_as_scheduled(interpolated):
    op = Softmax.design("s", tensor((4,), -16, 15, 2), 6, 64, interpolated=interpolated)
    unit, i, o = SerialSoftmax(op), Link(), Link()
    run([Source(i, 4), SerialTokens(i, o, 4, unit.summing + unit.dividing, unit.dividing + 1),
         Sink(o, 4)], 5)
    offered = [o.offered(n) for n in range(0, len(o.V), 4)]
    assert (offered[0], offered[-1] - offered[-2]) == (unit.latency, unit.interval)
