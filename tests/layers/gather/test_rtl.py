# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.folding.blocks import divisors
from nnhw.hw.reorder_schedule import ReorderSchedule, block_size
from nnhw.hw.tokens import Link, ReorderTokens, Sink, Source, run
from nnhw.layers.gather.op import Gather
from nnhw.layers.gather.rtl import component
from nnhw.sim import pysim
from nnhw.sim.pysim import gaps, steady
from nnhw.sim.timing import interval_of
from tests.layers.gather.moves import MOVES, make
from tests.layers.support import draw, tensor
from tests.layers.units import check_unit, check_unit_timing

BY_LANES = [(move, lanes) for move in MOVES for lanes in divisors(block_size(make(move), 24))]


@pytest.mark.parametrize(("move", "lanes"), BY_LANES)
def test_all_frames(move, lanes):
    op = make(move, value=3)
    check_unit(op, draw(op.x, 4), lanes)
    check_unit(op, draw(op.x, 1), lanes, [(steady, steady)])


@pytest.mark.parametrize(("move", "lanes"), BY_LANES)
def test_timing(move, lanes):
    check_unit_timing(make(move), lanes)


@pytest.mark.parametrize("seed", range(12))
def test_random_moves(seed):
    """Some beats left out, some given several times, in any order."""
    rng = np.random.default_rng(seed)
    x = tensor((int(rng.integers(1, 20)),), -8, 7)
    index = rng.integers(-1, x.size, int(rng.integers(1, 25)))
    if seed % 2:
        index = np.sort(index)
    op = Gather("g", x, index, 2)
    check_unit(op, draw(x, 5, seed), 1, [(steady, steady), (gaps(seed), gaps(seed + 1))])
    measured = pysim.measure(component(op, 1), frame=x.size, frame_out=index.size, count=8)
    assert measured == scheduled(op)


def scheduled(op):
    """Latency and interval as the schedule says, where the buffer may get full."""
    i, o, plan = Link(), Link(), ReorderSchedule(op, 1)
    run([Source(i, plan.beats_in), ReorderTokens(i, o, plan), Sink(o, plan.beats_out)], 8)
    offered = [o.offered(n) for n in range(0, len(o.V), plan.beats_out)]
    return offered[0], interval_of(offered)


@pytest.mark.parametrize("bounds", [(0, 15), (-1, 0), (-128, 127), (3, 3)])
@pytest.mark.parametrize("value", [0, -100, 200])
def test_elements_and_padding_of_unequal_width(bounds, value):
    op = make("pad", *bounds, value)
    check_unit(op, draw(op.x, 2), 2, [(gaps, gaps)])


def test_elements_that_stay_together():
    sizes = {move: block_size(make(move), 24) for move in MOVES}
    assert sizes["as it is"] == 24
    assert sizes["transpose"] == sizes["pad"] == sizes["upsample"] == 2
    assert sizes["crop"] == 2 and sizes["tile"] == 24 and sizes["pad in front"] == 12
    assert sizes["channels first"] == sizes["flip of channels"] == 1
    assert block_size(make("as it is"), 6) == 6 and block_size(make("as it is"), 5) == 1


def test_the_buffer_is_no_larger_than_the_order_requires():
    depth = {move: ReorderSchedule(make(move), 2).depth for move in MOVES
             if block_size(make(move), 2) == 2}
    assert depth["as it is"] == depth["pad"] == depth["every other"] == 2
    assert 2 < depth["upsample"] < depth["transpose"] <= depth["flip"] <= 32
