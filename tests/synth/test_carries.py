# SPDX-License-Identifier: Apache-2.0
"""Carry chains of ECP5 and Nexus: what adders become equals them, and nextpnr adds nothing."""

import json

import numpy as np
import pytest

import nnhw
from nnhw.api.folder import sources
from nnhw.api.synth import synthesize_folder
from nnhw.boards.parts import PARTS
from nnhw.synth.carries import free_ends
from nnhw.synth.families import ECP5_ADDERS, NEXUS_ADDERS, family
from nnhw.synth.nextpnr import place_and_route
from nnhw.synth.yosys import run_yosys
from tests.synth import ecp5_models
from tests.synth.netlists import assert_equals_golden

#: Operands and result, of every sign and kind; short and long, even and odd.
CASES = [("", "a + b", width) for width in range(4, 12)] + [
    ("", "a - b", 7), ("", "a - b", 10), ("signed", "a + b", 8), ("signed", "a - b", 9),
    ("signed", "(a <<< 3) + b", 11), ("signed", "(a <<< 2) - b", 12), ("signed", "~a + b", 9),
    ("", "s ? a + b : a - b", 9), ("", "a + b + s", 9), ("", "a - b - s", 8), ("", "a < b", 1)]


def module(name):
    """Every case once, in one module."""
    lines = [f"module {name}(input [7:0] u, v, input s, output [{len(CASES) * 12 - 1}:0] y);"]
    for k, (sign, text, width) in enumerate(CASES):
        bits = min(width, 8)
        lines += [f"wire {sign} [{bits - 1}:0] a{k} = u, b{k} = v;",
                  f"wire {sign} [{width - 1}:0] y{k} = "
                  f"{text.replace('a', f'a{k}').replace('b', f'b{k}')};",
                  f"assign y[{12 * k + 11}:{12 * k}] = y{k};"]
    return "\n".join([*lines, "endmodule"]) + "\n"


@pytest.mark.parametrize(("name", "adders"), [("ecp5", ECP5_ADDERS), ("nexus", NEXUS_ADDERS)])
def test_mapped_adders_equal_adders(tmp_path, name, adders):
    """By SAT; what enters a chain that begins by itself is free to be anything."""
    (tmp_path / "mapped.v").write_text(module("mapped"))
    (tmp_path / "bench.v").write_text(
        module("plain") + "module bench(input [7:0] u, v, input s, output ok);\n"
        f"wire [{len(CASES) * 12 - 1}:0] y, z;\n"
        "plain p(u, v, s, y); mapped m(u, v, s, z); assign ok = y == z;\nendmodule\n")
    log = run_yosys(["read_verilog mapped.v", f"synth_{name} -top mapped -run begin:map_gates",
                     *adders, "read_verilog bench.v",
                     f"read_verilog -overwrite +/{name}/cells_sim.v",
                     "hierarchy -top bench", "proc", "flatten", "opt_clean",
                     "sat -verify -prove ok 1 bench"], tmp_path)
    assert "SUCCESS!" in log


def test_nextpnr_adds_no_cells_to_chains(tmp_path):
    """Sites of a placed circuit are the LUTs and twice the carry cells that Yosys counts."""
    (tmp_path / "top.v").write_text("""
module top(input clk, input si, output reg so);
  reg [15:0] taken; reg signed [15:0] sum, other;
  always @(posedge clk) begin
    taken <= {taken, si}; sum <= $signed(taken[7:0]) + $signed(taken[15:8]);
    other <= $signed(taken[7:0]) - $signed(taken[14:8]); so <= ^sum ^ ^other;
  end
endmodule
""")
    part, chosen = PARTS["lfe5u-25f"], family("ecp5")
    run_yosys(["read_verilog top.v", *chosen.synthesis(part, "top"), "flatten",
               "opt_clean -purge", "tee -o cells.json stat -json", "write_json netlist.json"],
              tmp_path)
    free_ends(tmp_path / "netlist.json")
    text = (tmp_path / "cells.json").read_text()
    cells = json.loads(text[text.index("{"):])["design"]["num_cells_by_type"]
    report = place_and_route(chosen, part, tmp_path / "netlist.json", tmp_path / "placed.out",
                             mhz=50, told=lambda _: None)
    assert cells["CCU2C"] == 10  # two of nine bits
    # Two LUTs more lead constants into the fabric.
    assert json.loads(report.read_text())["utilization"]["TRELLIS_COMB"]["used"] == (
        2 * cells["CCU2C"] + cells["LUT4"] + 2)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "models"), [("ecp5", ecp5_models.MODELS), ("nexus", "")])
def test_a_mapped_spatial_network_equals_golden(tmp_path, name, models):
    """Through all of ``nnhw synth``, in simulation; biases come with other operands on ECP5."""
    rng = np.random.default_rng(4)
    compiled = nnhw.compile(nnhw.Sequential(
        nnhw.Input(6, "fixed<7,3>"),
        nnhw.Dense(rng.integers(-9, 10, (7, 6)), rng.integers(-900, 900, 7), name="hidden"),
        nnhw.ReLU(), nnhw.Quantize("ufixed<6,7>"),
        nnhw.Dense(rng.integers(-9, 10, (3, 7)), rng.integers(-900, 900, 3), name="scores"),
        name="net"), nnhw.Config(reuse=1, io="parallel", target=name, clock_mhz=50.0))
    build = tmp_path / "build"
    compiled.write(build)
    synthesize_folder(build, name)
    text = "".join(source.read_text() for source in sources(build))
    assert ("nnhw_add_constant" in text) == (name == "ecp5")
    assert_equals_golden(compiled.graph, build, build / "synth" / name, name, models)
