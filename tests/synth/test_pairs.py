# SPDX-License-Identifier: Apache-2.0
"""Two products in one DSP48E1: the mapped circuit, with the contents that Yosys has of it."""

import json

import numpy as np
import pytest

import nnhw
from nnhw.api.folder import sources
from nnhw.boards.parts import PARTS
from nnhw.synth.families import family
from nnhw.synth.yosys import run_yosys
from tests.synth.netlists import assert_equals_golden


@pytest.mark.slow
@pytest.mark.parametrize("element", ["fixed<8,3>", "ufixed<8,3>"])
def test_two_products_in_one_block(tmp_path, element):
    weight = np.random.default_rng(0).integers(-128, 128, (8, 8))
    model = nnhw.Sequential(nnhw.Input(8, element), nnhw.Dense(weight, name="scores"), name="net")
    compiled = nnhw.compile(model, nnhw.Config(reuse=4, io="stream", target="xc7"))
    build, work = tmp_path / "build", tmp_path / "synth"
    compiled.write(build)
    work.mkdir()
    # Yosys has no contents of their memory blocks.
    run_yosys([*(f"read_verilog {source}" for source in sources(build)),
               *(f"{command} -nobram" if command.startswith("synth_") else command
                 for command in family("xc7").synthesis(PARTS["xc7z020"], "net")),
               "tee -o cells.json stat -json", "write_json mapped.json"], work)
    text = (work / "cells.json").read_text()
    cells = json.loads(text[text.index("{"):])["design"]["num_cells_by_type"]
    multipliers = sum(layer["multipliers"] or 0 for layer in compiled.report()["layers"])
    assert (cells["DSP48E1"], multipliers) == (8, 16)
    assert_equals_golden(compiled.graph, build, work, "xilinx")
