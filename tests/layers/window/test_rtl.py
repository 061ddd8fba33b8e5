# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.folding.blocks import divisors
from nnhw.layers.dense.op import Dense
from nnhw.layers.window.op import Window
from nnhw.layers.window.rtl import lanes
from nnhw.sim.pysim import gaps, steady
from tests.layers.support import draw, tensor
from tests.layers.units import check_unit, check_unit_timing
from tests.layers.window.geometry import CASES, make, random_window

BY_LANES = [(case, n) for case, (shape, _) in CASES.items() for n in divisors(shape[-1])]


@pytest.mark.parametrize(("case", "n"), BY_LANES)
def test_frames_back_to_back(case, n):
    op = make(case)
    check_unit(op, draw(op.x, 4), n)


@pytest.mark.parametrize(("case", "n"), BY_LANES)
def test_a_frame_with_none_behind_it(case, n):
    op = make(case)
    check_unit(op, draw(op.x, 1), n, [(steady, steady), (gaps, gaps)])


@pytest.mark.parametrize(("case", "n"), BY_LANES)
def test_timing(case, n):
    check_unit_timing(make(case), n)


@pytest.mark.parametrize("seed", range(16))
def test_random_geometry(seed):
    op = random_window(seed)
    for n in divisors(op.x.shape[-1]):
        check_unit(op, draw(op.x, 3, seed), n, [(gaps(seed), gaps(seed + 1))])
        check_unit_timing(op, n)


@pytest.mark.parametrize("bounds", [(0, 15), (-1, 0), (-128, 127), (3, 3)])
@pytest.mark.parametrize("value", [0, -100, 200])
def test_elements_and_padding_of_unequal_width(bounds, value):
    op = Window("w", tensor((3, 3, 2), *bounds), (2, 3), before=(1, 1), after=(0, 1), value=value)
    check_unit(op, draw(op.x, 2), 1, [(gaps, gaps)])


@pytest.mark.parametrize("pause", [1, 3, 40])
def test_frames_apart(pause):
    """The last windows come out in the pause, or with the next frame, and none twice."""
    op = make("same")

    def bursts(_):
        while True:
            yield from [True] * 20
            yield from [False] * pause
    check_unit(op, draw(op.x, 5), 2, [(bursts, steady), (bursts, gaps)])


def test_as_few_channels_in_a_beat_as_keep_up_with_the_matrix_behind():
    op = Window("w", tensor((4, 4, 8), -8, 7), (3, 3), before=(1, 1), after=(1, 1))
    matrix = Dense("d", op.y.reshaped((4, 4, 72)), np.ones((4, 72), int), np.zeros(4, int))
    assert lanes(op, 8, (matrix, 1)) == (8, 72)
    assert lanes(op, 8, (matrix, 2)) == (4, 36)
    assert lanes(op, 8, (matrix, 8)) == (1, 9)
    assert lanes(op, 8, (matrix, 72)) == (1, 9)  # read in parts: one, three or nine elements
    assert lanes(op, 8, (matrix, 48)) == (1, 9)
    strided = Window("w", tensor((4, 4, 8), -8, 7), (2, 2), (2, 2))
    matrix = Dense("d", strided.y.reshaped((2, 2, 32)), np.ones((4, 32), int), np.zeros(4, int))
    assert lanes(strided, 8, (matrix, 8)) == (4, 16)
    assert lanes(strided, 6, None) == (2, 8)
