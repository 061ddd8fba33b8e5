# SPDX-License-Identifier: Apache-2.0
import pytest

from tests.layers.program.programs import every_code, random_program
from tests.layers.support import check_kernel, check_stage, check_timing, draw, every_input


@pytest.mark.parametrize("op", [every_code(), *map(random_program, range(25))],
                         ids=["every_code", *map(str, range(25))])
def test_program_of_the_stage_equals_golden(op):
    check_kernel(op, [draw(op.x, 300)], 4)


def test_equals_golden_for_all_inputs():
    op = random_program(7)
    check_kernel(op, [every_input(op.x)], 4)


@pytest.mark.parametrize("op", [every_code(), random_program(1)], ids=["every_code", "random"])
def test_circuit_equals_golden_under_stalls(op):
    check_stage(op, [draw(op.x, 12)], 4)


def test_keeps_its_promised_timing():
    check_timing(every_code(), 4)
