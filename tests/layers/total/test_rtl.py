# SPDX-License-Identifier: Apache-2.0
import pytest

from nnhw.folding.blocks import divisors
from nnhw.layers.total.op import Total
from nnhw.layers.total.rtl import lanes
from nnhw.sim.pysim import gaps, steady
from tests.layers.support import draw, every_input, tensor
from tests.layers.units import check_unit, check_unit_timing

HOW = ["sum", "max", "min"]
SHAPES = [(2, 3, 4), (5, 2), (1, 1, 3), (3,), (7, 1), (3, 6)]
BY_LANES = [(shape, n) for shape in SHAPES for n in divisors(shape[-1])]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("shape", "n"), BY_LANES)
def test_frames_back_to_back(how, shape, n):
    op = Total("t", tensor(shape, -8, 7), how)
    check_unit(op, draw(op.x, 6), n)


@pytest.mark.parametrize(("shape", "n"), BY_LANES)
def test_timing(shape, n):
    check_unit_timing(Total("t", tensor(shape, -8, 7)), n)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("low", "high"), [
    ([[-60], [0]], [[-50], [3]]), ([[0], [-60]], [[3], [-50]]), ([[5], [50]], [[6], [59]]),
    ([[50], [5]], [[59], [6]])])
def test_partial_results_outside_the_final_interval(how, low, high):
    """A running maximum may be below every maximum of a whole frame."""
    x = tensor((2, 1), low, high)
    check_unit(Total("t", x, how), every_input(x)[:40], 1, [(steady, steady), (gaps, gaps)])


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("low", "high"), [(0, 200), (3, 9)])
def test_elements_without_sign(how, low, high):
    op = Total("t", tensor((3, 4), low, high), how)
    check_unit(op, draw(op.x, 6), 2, [(gaps, gaps)])


def test_no_fewer_channels_in_a_beat_than_are_offered():
    op = Total("t", tensor((4, 6), -8, 7))
    assert [lanes(op, n, None)[0] for n in (1, 2, 4, 6, 24)] == [1, 2, 6, 6, 6]
