# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.layers.concat.op import Concat
from nnhw.layers.relu.op import Relu
from nnhw.sim.pysim import steady
from tests.layers.support import draw, tensor
from tests.layers.units import check_pair

A, B = tensor((2, 3, 2), -8, [7, 0]), tensor((2, 3, 3), 0, [15, 3, 1])
#: Lanes of the first operand; the second brings as many vectors a beat.
LANES = [2, 4, 6, 12]


@pytest.mark.parametrize("shifts", [(0, 0), (3, 0), (0, 2)])
@pytest.mark.parametrize("lanes", LANES)
def test_shifts(shifts, lanes):
    check_pair(Concat("c", A, B, *shifts), [draw(A, 30), draw(B, 30, 1)], lanes,
               stalls=[(steady, steady)])


@pytest.mark.parametrize("lanes", LANES)
def test_stage(lanes):
    check_pair(Concat("c", A, B, 1, 0), [draw(A, 6), draw(B, 6, 1)], lanes)


def test_of_whole_tensors():
    a, b = tensor((4,), -8, 7), tensor((6,), -3, 3)
    check_pair(Concat("c", a, b), [draw(a, 9), draw(b, 9, 1)], 4)


def test_with_a_layer_behind_it():
    op = Concat("c", A, B)
    check_pair(op, [draw(A, 6), draw(B, 6, 1)], 2, ops=(Relu("r", op.y, [0, 1, 2, 3, -1], 1),))
