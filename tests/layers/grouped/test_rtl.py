# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.folding.blocks import folds, legal_reuse
from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.layers.grouped.op import Grouped
from nnhw.layers.relu.op import Relu
from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, Quantizer
from nnhw.program.builder import Kind
from nnhw.sim.pysim import gaps, steady
from tests.layers.support import check_kernel, check_stage, check_timing, draw, tensor


def grouped(groups, fan_in, fan_out, vectors=1, seed=0, bits=3):
    """Random weights with zeros and powers of two among them."""
    rng = np.random.default_rng(seed)
    lead = () if vectors == 1 else (vectors,)
    weight = rng.integers(-2**bits, 2**bits, (groups, fan_out, fan_in))
    return Grouped("grouped", tensor((*lead, groups, fan_in), -8, 7), weight,
                   rng.integers(-99, 99, (groups, fan_out)))


def every_fold(*sizes):
    """Lanes and blocks of every reuse factor above 1, which is the spatial circuit."""
    op = grouped(*sizes)
    return [(sizes, lanes, (a, b)) for reuse in legal_reuse(op)[1:]
            for lanes, a, b in folds(op, reuse)]


#: Groups, fan-in, fan-out: several groups at once, depthwise, one group, primes.
FOLDS = [fold for sizes in ((4, 2, 2), (6, 3, 1), (1, 4, 6), (3, 5, 2), (2, 1, 1))
         for fold in every_fold(*sizes)]


@pytest.mark.parametrize("lanes", [6, 12, 24])
def test_spatial(lanes):
    op = grouped(2, 3, 4, vectors=4)
    check_kernel(op, [draw(op.x, 20)], lanes)
    check_stage(op, [draw(op.x, 4)], lanes)
    check_timing(op, lanes)


def test_spatial_bounds_of_each_element():
    x = tensor((2, 3), [[-9, 0, 2], [0, -1, -30]], [[5, 3, 2], [40, 0, -7]])
    rng = np.random.default_rng(0)
    op = Grouped("g", x, rng.integers(-50, 50, (2, 4, 3)) * rng.integers(0, 2, (2, 4, 3)),
                 rng.integers(-500, 500, (2, 4)))
    check_kernel(op, [draw(x, 60)], 6)


@pytest.mark.parametrize(("sizes", "lanes", "blocks"), FOLDS)
def test_every_fold(sizes, lanes, blocks):
    op = grouped(*sizes)
    check_stage(op, [draw(op.x, 5)], lanes, blocks=blocks)
    check_timing(op, lanes, blocks=blocks)


@pytest.mark.parametrize(("sizes", "lanes", "blocks"), FOLDS)
def test_interval_and_multipliers_of_every_fold(sizes, lanes, blocks):
    """Weights of many bits, lest products by constants need no multiplier."""
    op = grouped(*sizes, vectors=5, bits=9)
    stage = Stage(StagePlan("stage", (op,), lanes, blocks))
    steps = lanes * blocks[0] // op.fan_in  # groups at once
    assert stage.plan.steps == op.groups // steps * blocks[0] * blocks[1]
    assert stage.interval == 5 * stage.plan.steps
    made = sum(step.kind is Kind.MUL for step in stage.pipeline.program.steps)
    assert made == stage.plan.multipliers == op.weight.size // stage.plan.steps


@pytest.mark.parametrize(("lanes", "blocks"), [(8, (1, 1)), (4, (1, 1)), (2, (1, 2)), (1, (2, 1)),
                                               (1, (2, 2))])
@pytest.mark.parametrize("clock_mhz", [25, 500])
def test_folded_on_many_vectors(lanes, blocks, clock_mhz):
    op = grouped(4, 2, 2, vectors=3)
    if lanes == 8:
        blocks = None
    options = {"blocks": blocks, "clock_mhz": clock_mhz, "target": "ice40"}
    check_stage(op, [draw(op.x, 3)], lanes, **options)
    check_timing(op, lanes, **options)


@pytest.mark.parametrize(("lanes", "blocks"), [(4, (1, 1)), (2, (1, 2)), (1, (2, 1)), (1, (2, 2))])
def test_layers_behind_a_folded_one(lanes, blocks):
    """Channels of the layers behind follow the groups and row blocks."""
    op = grouped(4, 2, 2, vectors=2)
    relu = Relu("relu", op.y, np.array([3, -2]), 1)
    scale = Requantize("scale", relu.y, Quantizer(FixedType(5, 0, False)), 4,
                       np.array([3, 1]), np.array([-5, 9]))
    check_stage(op, [draw(op.x, 4)], lanes, ops=(relu, scale), blocks=blocks,
                stalls=[(steady, steady), (gaps, gaps)])
    check_timing(op, lanes, ops=(relu, scale), blocks=blocks)


@pytest.mark.parametrize(("lanes", "blocks"), [(4, (1, 1)), (2, (1, 2)), (1, (2, 2))])
def test_equal_zero_and_unsigned_weights(lanes, blocks):
    x = tensor((4, 2), [[0, 1], [-3, 0], [5, -9], [7, 7]], [[3, 1], [-1, 15], [5, 8], [9, 9]])
    for weight in (np.full((4, 2, 2), 3), np.zeros((4, 2, 2), int),
                   np.arange(16).reshape(4, 2, 2), -np.arange(16).reshape(4, 2, 2)):
        op = Grouped("g", x, weight, np.arange(8).reshape(4, 2) - 3)
        check_stage(op, [draw(x, 4)], lanes, blocks=blocks, stalls=[(steady, gaps)])
