# SPDX-License-Identifier: Apache-2.0
"""Products too small for a block: the table against what it says of itself, and what follows."""

import json

import numpy as np
import pytest

import nnhw
from nnhw.boards.parts import DEFAULT_PART, PARTS
from nnhw.config import TARGETS, Config, LayerConfig
from nnhw.folding.goal import Capacity, needed, placed
from nnhw.folding.products import SMALL, in_logic
from nnhw.hw.plan import make_plan
from nnhw.layers.dense.op import Dense
from nnhw.numeric.types import FixedType
from nnhw.program.arithmetic import product
from nnhw.program.builder import Program
from nnhw.program.delays import delay_model
from nnhw.program.schedule import schedule
from nnhw.program.verilog import module
from nnhw.synth.families import family
from nnhw.synth.resources import count
from nnhw.synth.yosys import run_yosys
from tests.layers.support import tensor

#: Blocks that a family's ``dsp`` counts as halves.
HALVES = {"gowin", "cyclonev"}


def dense(bits, operand):
    high = 2 ** (bits - 1) - 1
    weight = np.random.default_rng(0).integers(-high, high + 1, (4, 8))
    weight[0, 0] = -high - 1
    return Dense("d", tensor((8,), -2 ** (operand - 1), 2 ** (operand - 1) - 1), weight,
                 np.zeros(4, int))


@pytest.mark.parametrize("target", SMALL)
def test_the_table_follows_from_its_rule(target):
    rule, part = SMALL[target], PARTS[DEFAULT_PART[target]]
    a, b = rule.operands
    assert rule.share == part.lut // (part.dsp * (2 if target in HALVES else 1))
    assert a * b == rule.area <= rule.block[0] * rule.block[1] / 16
    assert rule.luts <= rule.share / 4


@pytest.mark.slow
@pytest.mark.parametrize("target", SMALL)
def test_luts_are_as_measured(tmp_path, target):
    """The product by itself, behind one rank of registers."""
    p, rule = Program("small"), SMALL[target]
    ports = [p.port(name, FixedType(bits), [(-2 ** (bits - 1), 2 ** (bits - 1) - 1)])[0]
             for name, bits in zip("xw", rule.operands, strict=True)]
    p.output([product(p, *ports)])
    (tmp_path / "small.v").write_text(module(p, schedule(p, delay_model(target), 1.0)))
    chosen, top = family(target), "small_pipeline"
    run_yosys(["read_verilog small.v", f"hierarchy -top {top}",
               *chosen.synthesis(PARTS[DEFAULT_PART[target]], top, dsp=False),
               "tee -o cells.json stat -json"], tmp_path)
    text = (tmp_path / "cells.json").read_text()
    used = count(target, json.loads(text[text.index("{"):])["design"]["num_cells_by_type"])
    assert used.lut + chosen.carry_luts * used.carry == rule.luts
    assert used.dsp == 0


@pytest.mark.parametrize(("target", "bits", "operand", "expected"), [
    ("xcup", 4, 4, True), ("xcup", 4, 5, False), ("xcup", 2, 8, True), ("xc7", 5, 5, True),
    ("ecp5", 4, 5, True), ("ecp5", 5, 5, False), ("gowin", 2, 2, True), ("gowin", 4, 4, False),
    ("cyclone10lp", 2, 2, False)])
def test_by_size(target, bits, operand, expected):
    op = dense(bits, operand)
    assert in_logic(op, Config(target=target)) is expected
    for word in ("block", "logic"):
        asked = Config(target=target, layers={"d": LayerConfig(multiplier=word)})
        assert in_logic(op, asked) is (word == "logic")


@pytest.mark.parametrize("target", TARGETS)
def test_the_plan_and_the_goals_agree(target):
    model = nnhw.Sequential(nnhw.Input(8, "fixed<2,2>"),
                            nnhw.Dense(dense(2, 2).weight, name="d"), name="net")
    config = Config(target=target, reuse=8)
    graph = nnhw.compile(model, config).graph
    (stage,) = make_plan(graph, config).stages
    assert stage.logic is in_logic(stage.head, config) is (target in SMALL)


def test_products_in_logic_need_no_block():
    op = dense(4, 4)
    need = needed([op], {"d": 8}, {"d"})
    assert need.products == {"d": (0, 16, 4)}
    assert placed(need, Capacity(0, 128, 1000)) is not None
    assert placed(need, Capacity(100, 127, 1000)) is None
