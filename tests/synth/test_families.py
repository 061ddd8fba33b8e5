# SPDX-License-Identifier: Apache-2.0
"""LUTs made for a group of modules at a time: every module once, and the circuit stays the same."""

import numpy as np
import pytest

import nnhw
from nnhw.api.folder import load_interface, sources
from nnhw.boards.parts import DEFAULT_PART, PARTS
from nnhw.synth import families
from nnhw.synth.families import family
from nnhw.synth.units import find_units
from nnhw.synth.yosys import run_yosys
from tests.synth import ecp5_models, gowin_models
from tests.synth.netlists import assert_equals_golden

#: Family -> Yosys' folder of it, option without memory blocks where Yosys has no contents of them,
#: contents of other cells.
SIMULATED = {"xc7": ("xilinx", " -nobram", ""), "ecp5": ("ecp5", "", ecp5_models.MODELS),
             "ice40": ("ice40", "", ""), "gowin": ("gowin", " -nobram", gowin_models.MODELS),
             "nexus": ("nexus", " -nobram", "")}


def mapping(units):
    return family("ecp5").synthesis(PARTS["lfe5u-85f"], "top", [f"u{k}" for k in range(units)])


def test_every_module_is_in_one_group():
    *groups, rest = [command.split()[5:] for command in mapping(25)
                     if command.startswith("design -copy-from")]
    assert rest == []  # all, with the modules of groups as black boxes
    assert sorted(name for group in groups for name in group) == sorted(f"u{k}" for k in range(25))
    assert [len(group) for group in groups] == [13, 12]


def test_few_modules_are_mapped_at_once():
    assert not [command for command in mapping(19) if command.startswith("design")]
    assert mapping(19) == mapping(0)


@pytest.mark.slow
@pytest.mark.parametrize("target", SIMULATED)
def test_groups_change_nothing(tmp_path, monkeypatch, target):
    rng = np.random.default_rng(0)
    model = nnhw.Sequential(
        nnhw.Input(6, "fixed<5,3>"), nnhw.Dense(rng.integers(-8, 8, (4, 6)), name="hidden"),
        nnhw.ReLU(), nnhw.Quantize("ufixed<4,6>"),
        nnhw.Dense(rng.integers(-8, 8, (3, 4)), name="scores"), name="net")
    compiled = nnhw.compile(model, nnhw.Config(reuse=4, io="stream"))
    build, work = tmp_path / "build", tmp_path / "synth"
    compiled.write(build)
    work.mkdir()
    monkeypatch.setattr(families, "_GROUP", 2)
    library, option, models = SIMULATED[target]
    modules = [unit.module for unit in find_units(sources(build), load_interface(build).top, ())]
    commands = family(target).synthesis(PARTS[DEFAULT_PART[target]], "net", modules)
    assert sum(command == "design -reset" for command in commands) >= 2
    run_yosys([*(f"read_verilog {source}" for source in sources(build)),
               r"rename -hide w:*\[*", "hierarchy -top net",
               *(f"setattr -mod -set keep_hierarchy 1 {module}" for module in modules),
               *(command + option if command.startswith("synth_") else command
                 for command in commands), "write_json mapped.json"], work)
    assert_equals_golden(compiled.graph, build, work, library, models)
