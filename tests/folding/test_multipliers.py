# SPDX-License-Identifier: Apache-2.0
"""Multipliers that Yosys sees in a pipeline, against what folding promises."""

import numpy as np
import pytest

from nnhw.folding.blocks import folds, legal_reuse
from nnhw.hw.stage import Stage
from nnhw.hw.stage_plan import StagePlan
from nnhw.layers.dense.op import Dense
from nnhw.program.verilog import module
from tests.layers.support import tensor

OP = Dense("d", tensor((6,), -8, 7), np.random.default_rng(0).integers(-127, 128, (4, 6)),
           np.arange(4))
CASES = [fold for reuse in legal_reuse(OP)[1:] for fold in folds(OP, reuse)]


def multipliers(plan, folder):
    """``$mul`` cells of a stage's leaf module."""
    from pyosys import libyosys

    pipeline = Stage(plan).pipeline
    source = folder / "leaf.v"
    source.write_text(module(pipeline.program, pipeline.schedule))
    libyosys.log_to_stream = None
    design = libyosys.Design()
    for command in (f"read_verilog {source}", "proc", "opt",
                    f"select -write {folder}/cells t:$mul"):
        libyosys.run_pass(f"tee -q {command}", design)
    return len((folder / "cells").read_text().split())


@pytest.mark.parametrize(("lanes", "a", "b"), CASES)
def test_as_many_as_products_per_step(lanes, a, b, tmp_path):
    plan = StagePlan("stage", (OP,), lanes, (a, b))
    assert multipliers(plan, tmp_path) == 6 * 4 // (a * b) == plan.multipliers


def test_none_without_reuse(tmp_path):
    assert multipliers(StagePlan("stage", (OP,), 6), tmp_path) == 0


@pytest.mark.parametrize(("lanes", "a", "b"), CASES)
def test_none_in_logic(lanes, a, b, tmp_path):
    assert multipliers(StagePlan("stage", (OP,), lanes, (a, b), logic=True), tmp_path) == 0
