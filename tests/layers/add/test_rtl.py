# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.layers.add.op import Add
from tests.layers.support import check_kernel, check_stage, draw, tensor

A, B = tensor((2, 3), [-8, 0, -1], [7, 15, 0]), tensor((2, 3), -32, [[31], [0]])
OP = Add("sum", A, B, 2, 0)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 6])
def test_kernel(lanes):
    check_kernel(OP, [draw(A, 40), draw(B, 40, 1)], lanes)


@pytest.mark.parametrize("lanes", [1, 4, 6])
def test_stage(lanes):
    check_stage(OP, [draw(A, 8), draw(B, 8, 1)], lanes)


def test_one_operand_late():
    check_stage(Add("sum", A, A, 0, 3), [draw(A, 8), draw(A, 8, 1)], 3)
