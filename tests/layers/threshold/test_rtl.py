# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.layers.threshold.op import Threshold
from tests.layers.support import (
    check_kernel,
    check_stage,
    check_timing,
    draw,
    every_input,
    tensor,
)

RNG = np.random.default_rng(2)
LEVELS = np.sort(RNG.integers(-9, 9, (3, 5)), axis=1)
DOWN = np.array([True, False, True])


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("step", [1, 2, -1])
def test_kernel_on_every_input(descending, step):
    for low, high in ((-12, 12), (-3, 2), (10, 15)):
        op = Threshold("t", tensor((1,), low, high), LEVELS[:1], descending, -3, step)
        check_kernel(op, [every_input(op.x)], 1)


@pytest.mark.parametrize("lanes", [1, 2, 3, 4, 5, 6, 12])
@pytest.mark.parametrize("levels", [LEVELS, LEVELS[:1]])
def test_kernel_with_few_lanes(lanes, levels):
    x = tensor((4, 3), [-12, 0, -3], [12, 7, -2])
    check_kernel(Threshold("t", x, levels, DOWN, 1, 2), [draw(x, 60)], lanes)


@pytest.mark.parametrize("lanes", [2, 5, 12])
def test_stage(lanes):
    x = tensor((4, 3), -12, 12)
    op = Threshold("t", x, LEVELS, DOWN, -5, 2)
    check_stage(op, [draw(x, 6)], lanes)
    check_timing(op, lanes)
