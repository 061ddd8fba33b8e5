# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from nnhw.folding.blocks import folds, legal_reuse
from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.layers.dense.op import Dense
from nnhw.layers.relu.op import Relu
from nnhw.layers.requantize.op import Requantize
from nnhw.numeric.types import FixedType, Quantizer
from nnhw.program.builder import Kind
from nnhw.sim.pysim import gaps, steady
from tests.layers.support import check_kernel, check_stage, check_timing, draw, tensor


def dense(fan_in, fan_out, vectors=1, seed=0, bits=3):
    """Random weights with zeros and powers of two among them."""
    rng = np.random.default_rng(seed)
    shape = (fan_in,) if vectors == 1 else (vectors, fan_in)
    weight = rng.integers(-2**bits, 2**bits, (fan_out, fan_in))
    return Dense("dense", tensor(shape, -8, 7), weight, rng.integers(-99, 99, fan_out))


def every_split(fan_in, fan_out):
    """Column and row blocks of every reuse factor above 1, which is the spatial circuit."""
    op = dense(fan_in, fan_out)
    return [(a, b) for reuse in legal_reuse(op)[1:] for _, a, b in folds(op, reuse)]


SIX_BY_FOUR = every_split(6, 4)
TWELVE_BY_TEN = every_split(12, 10)


@pytest.mark.parametrize("seed", range(5))
def test_kernel(seed):
    rng = np.random.default_rng(seed)
    low = rng.integers(-20, 5, 7)
    x = tensor((7,), low, low + rng.integers(0, 30, 7))
    op = Dense("dense", x, rng.integers(-50, 50, (5, 7)) * rng.integers(0, 2, (5, 7)),
               rng.integers(-500, 500, 5))
    check_kernel(op, [draw(x, 100)], 7)


@pytest.mark.parametrize("lanes", [3, 6, 12])
def test_kernel_of_many_vectors(lanes):
    op = dense(3, 5, vectors=4)
    check_kernel(op, [draw(op.x, 20)], lanes)
    check_stage(op, [draw(op.x, 4)], lanes)
    check_timing(op, lanes)


def test_a_spatial_matrix_has_no_multiplier():
    program = Stage(StagePlan("stage", (dense(6, 4),), 6)).pipeline.program
    assert Kind.MUL not in {step.kind for step in program.steps}


@pytest.mark.parametrize(("a", "b"), SIX_BY_FOUR)
def test_every_split(a, b):
    op = dense(6, 4)
    check_stage(op, [draw(op.x, 5)], 6 // a, blocks=(a, b))
    check_timing(op, 6 // a, blocks=(a, b))


@pytest.mark.parametrize(("a", "b"), TWELVE_BY_TEN)
def test_every_split_of_a_larger_one(a, b):
    op = dense(12, 10, seed=1, bits=6)
    check_stage(op, [draw(op.x, 3)], 12 // a, blocks=(a, b), stalls=[(gaps, gaps)])
    check_timing(op, 12 // a, blocks=(a, b), count=5)


@pytest.mark.parametrize(("a", "b"), [(1, 2), (3, 1), (2, 2), (6, 4)])
@pytest.mark.parametrize("clock_mhz", [25, 500])
def test_folded_on_many_vectors(a, b, clock_mhz):
    op = dense(6, 4, vectors=3)
    check_stage(op, [draw(op.x, 3)], 6 // a, blocks=(a, b), clock_mhz=clock_mhz, target="ice40")
    check_timing(op, 6 // a, blocks=(a, b), clock_mhz=clock_mhz, target="ice40")


@pytest.mark.parametrize(("a", "b"), [(1, 2), (3, 2), (6, 4), (2, 1)])
def test_layers_behind_a_folded_one(a, b):
    op = dense(6, 4)
    relu = Relu("relu", op.y)
    scale = Requantize("scale", relu.y, Quantizer(FixedType(5, 0, False)), 4,
                       np.array([3, 1, 2, 5]), np.array([0, 9, -4, 1]))
    check_stage(op, [draw(op.x, 6)], 6 // a, ops=(relu, scale), blocks=(a, b))
    check_timing(op, 6 // a, ops=(relu, scale), blocks=(a, b))


@pytest.mark.parametrize(("a", "b"), [(1, 4), (6, 1), (3, 2)])
def test_equal_zero_and_unsigned_weights(a, b):
    x = tensor((6,), [0, 1, -3, 0, 5, -9], [3, 1, -1, 15, 5, 8])
    for weight in (np.full((4, 6), 3), np.zeros((4, 6), int), np.arange(24).reshape(4, 6),
                   -np.arange(24).reshape(4, 6)):
        op = Dense("dense", x, weight, np.array([0, 5, -5, 0]))
        check_stage(op, [draw(x, 4)], 6 // a, blocks=(a, b), stalls=[(steady, gaps)])


@pytest.mark.parametrize(("a", "b"), SIX_BY_FOUR)
def test_multipliers_as_many_as_promised(a, b):
    plan = StagePlan("stage", (dense(6, 4, bits=8),), 6 // a, (a, b))
    steps = Stage(plan).pipeline.program.steps
    assert sum(step.kind is Kind.MUL for step in steps) == plan.multipliers == 24 // (a * b)
