# SPDX-License-Identifier: Apache-2.0
"""Two products in one multiplier: all of small widths, and whole folded matrices."""

import itertools

import numpy as np
import pytest

from nnhw.config import Config, LayerConfig
from nnhw.folding.products import pairs_within
from nnhw.hw.plan import make_plan
from nnhw.hw.stage import Stage
from nnhw.ir.graph import Node
from nnhw.ir.types import TensorType
from nnhw.layers.dense.op import Dense
from nnhw.numeric.types import FixedType
from nnhw.program import golden
from nnhw.program.builder import Kind, Program
from nnhw.program.memories import memory
from nnhw.program.pairs import find_pairs, paired, stored
from nnhw.sim.pysim import gaps
from tests.hw.support import check_design, graph_of


@pytest.mark.parametrize("lowest", [-8, 0], ids=["signed_b", "unsigned_b"])
@pytest.mark.parametrize("element", [FixedType(4), FixedType(4, signed=False)], ids=str)
def test_all_weights_and_operands(element, lowest):
    """Every a and b of 4 bits with every x."""
    words = np.array(list(itertools.product(range(lowest, lowest + 16), range(-8, 8)))).T
    p = Program("pair")
    (step,) = p.port("step", FixedType(8, signed=False), [(0, words.shape[1] - 1)])
    (x,) = p.port("x", element, [(element.min, element.max)])
    (pair,) = find_pairs(words, [x, x], 2, 1, 25)
    weights = memory(p, step, stored(words, [pair]).tolist(), "weights", ["b", "a"])
    low, high, borrow = paired(p, x, weights, pair, "p")
    p.output([low, p.add(high, borrow)])
    at, operand = np.meshgrid(range(words.shape[1]), range(element.min, element.max + 1))
    y = golden.run(p, {"step": at.reshape(-1, 1), "x": operand.reshape(-1, 1)})
    assert np.array_equal(y, words.T[at.ravel()] * operand.reshape(-1, 1))
    assert sum(one.kind is Kind.MUL for one in p.steps) == 1


@pytest.mark.parametrize(("bits", "operand", "widest", "found"), [
    (8, 8, 25, 1), (9, 8, 25, 0), (9, 8, 27, 1), (8, 8, 0, 0), (4, 18, 27, 1), (4, 19, 27, 0)])
def test_where_a_block_is_wide_enough(bits, operand, widest, found):
    ends = -2 ** (bits - 1), 2 ** (bits - 1) - 1
    p = Program("wide")
    (x,) = p.port("x", FixedType(operand), [(-2 ** (operand - 1), 2 ** (operand - 1) - 1)])
    assert len(find_pairs(np.array([ends, ends[::-1]]), [x], 2, 1, widest)) == found


def matrix(fan_out=8):
    """A graph of one matrix of 8 bits."""
    rng, x = np.random.default_rng(0), TensorType.of((6,), FixedType(8))
    op = Dense("d", x, rng.integers(-128, 128, (fan_out, 6)), rng.integers(-99, 99, fan_out))
    return graph_of("net", x, [Node(op, ("x",))], "d")


@pytest.mark.parametrize("target", ["xc7", "xcup"])
@pytest.mark.parametrize(("fan_out", "reuse"), [(8, 6), (8, 12), (8, 3), (5, 6), (7, 3)])
def test_folded_matrices(target, fan_out, reuse):
    config = Config(reuse=reuse, io="stream", target=target)
    check_design(matrix(fan_out), config, stalls=[(gaps, gaps)])


@pytest.mark.parametrize(("target", "asked", "fan_out", "multipliers"), [
    ("xc7", None, 8, 4), ("xcup", None, 8, 4), ("xc7", None, 7, 4), ("ecp5", None, 8, 8),
    ("xc7", "block", 8, 8)])
def test_multipliers(target, asked, fan_out, multipliers):
    config = Config(reuse=6, io="stream", target=target,
                    layers={"d": LayerConfig(multiplier=asked)})
    (stage,) = make_plan(matrix(fan_out), config).stages
    assert stage.pairs_within == pairs_within(stage.head, config)
    steps = Stage(stage).pipeline.program.steps
    assert sum(step.kind is Kind.MUL for step in steps) == multipliers
    assert stage.multipliers == fan_out
