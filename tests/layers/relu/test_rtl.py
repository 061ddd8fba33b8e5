# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.layers.relu.op import Relu
from nnhw.program.builder import Kind
from tests.layers.support import check_kernel, check_stage, check_timing, draw, tensor

X = tensor((4, 3), [-20, -9, 0], [31, -1, 12])


@pytest.mark.parametrize("slope", [0, 3, -2, np.array([0, 5, -7]), np.array([[1], [0], [4], [2]]),
                                   np.arange(12).reshape(4, 3)])
@pytest.mark.parametrize("lanes", [1, 2, 3, 5, 6, 12])
def test_kernel(slope, lanes):
    check_kernel(Relu("relu", X, slope, 3), [draw(X, 60)], lanes)


@pytest.mark.parametrize("lanes", [2, 5, 12])
@pytest.mark.parametrize("slope", [np.array([2, 5, -7]), np.array([[1], [0], [4], [2]])])
def test_stage(lanes, slope):
    op = Relu("relu", X, slope, 2)
    check_stage(op, [draw(X, 6)], lanes)
    check_timing(op, lanes)


def test_plain_relu_has_no_multiplier():
    stage = Stage(StagePlan("relu", (Relu("relu", X),), 12))
    assert Kind.MUL not in {step.kind for step in stage.pipeline.program.steps}
