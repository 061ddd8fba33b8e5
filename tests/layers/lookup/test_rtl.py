# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.layers.lookup.op import Lookup
from nnhw.program.builder import Kind
from tests.layers.support import (
    check_kernel,
    check_stage,
    check_timing,
    draw,
    every_input,
    tensor,
)

RNG = np.random.default_rng(1)
SMALL = RNG.integers(-9, 9, 8)
LARGE = RNG.integers(-500, 500, 200)


@pytest.mark.parametrize("start", [-40, -6, 0, 3, 90])
@pytest.mark.parametrize("shift", [0, 1, 2, 5])
def test_kernel_on_every_input(start, shift):
    for low, high in ((-50, 50), (0, 5), (-60, -50)):
        op = Lookup("t", tensor((1,), low, high), SMALL, start, shift)
        check_kernel(op, [every_input(op.x)], 1)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 6])
def test_a_table_for_each_channel(lanes):
    op = Lookup("t", tensor((2, 3), [-9, 0, 2], [9, 9, 5]), RNG.integers(-9, 9, (3, 8)), -2, 1)
    check_kernel(op, [draw(op.x, 80)], lanes)
    check_stage(op, [draw(op.x, 5)], lanes)


@pytest.mark.parametrize("table", [SMALL, LARGE])
@pytest.mark.parametrize("lanes", [1, 4])
def test_stage(table, lanes):
    op = Lookup("t", tensor((4,), -128, 127), table, -100, 0)
    check_stage(op, [draw(op.x, 30)], lanes)
    check_timing(op, lanes)


def test_only_large_tables_are_registered():
    for table, registered in ((SMALL, False), (LARGE, True)):
        op = Lookup("t", tensor((4,), -128, 127), table)
        program = Stage(StagePlan("stage", (op,), 4)).pipeline.program
        kinds = {s.param.registered for s in program.steps if s.kind is Kind.TABLE}
        assert kinds == {registered}


def test_lanes_of_one_channel_have_its_table_alone():
    op = Lookup("t", tensor((3,), [-4, 0, 2], [3, 7, 5]), np.arange(48).reshape(3, 16)**2, -8)
    check_kernel(op, [draw(op.x, 60)], 3)
    program = Stage(StagePlan("stage", (op,), 3)).pipeline.program
    sizes = [len(s.param.values) for s in program.steps if s.kind is Kind.TABLE]
    assert sizes == [8, 8, 4]
