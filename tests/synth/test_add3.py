# SPDX-License-Identifier: Apache-2.0
import itertools
import json

import numpy as np
import pytest

from nnhw.program.adders import MACRO
from nnhw.program.builder import Kind
from nnhw.program.delays import delay_model
from nnhw.program.schedule import schedule
from nnhw.program.verilog import module
from nnhw.synth import add3
from nnhw.synth.add3 import FAMILIES, PRIMITIVE, REFERENCE
from nnhw.synth.yosys import run_yosys
from tests.program.circuits import one_port
from tests.synth.adders import both, proved

MODELS = "-D_ABC +/xilinx/cells_sim.v"
SIGNS = [signs for signs in itertools.product((0, 1), repeat=3) if sum(signs) < 3]


@pytest.mark.parametrize("signs", SIGNS)
def test_primitive_equals_the_sum(tmp_path, signs):
    cases, text = [], PRIMITIVE + REFERENCE.replace("nnhw_add3", "reference")
    for width in (1, 2, 4, 7):
        options = f"#({width}, {signs[0]}, {signs[1]}, {signs[2]})"
        cases.append(f"wire [{width - 1}:0] s{width}, r{width}; nnhw_add3 {options} u{width}("
                     f"a[{width - 1}:0], b[{width - 1}:0], c[{width - 1}:0], s{width}); "
                     f"reference {options} v{width}(a[{width - 1}:0], b[{width - 1}:0], "
                     f"c[{width - 1}:0], r{width});")
    equal = " & ".join(f"(s{width} == r{width})" for width in (1, 2, 4, 7))
    text += (f"module bench(input [6:0] a, b, c, output ok); {' '.join(cases)} "
             f"assign ok = {equal}; endmodule\n")
    assert proved(tmp_path, text, MODELS)


def sums():
    """Three-operand sums of every sign pattern, shift and kind of operand."""
    rng = np.random.default_rng(0)
    p, x = one_port("sums", [(-8, 7), (0, 5), (-3, 3), (0, 1)])
    values = []
    for signs in SIGNS:
        for _ in range(3):
            picked = rng.permutation(4)[:3]
            shifts = rng.integers(0, 4, 3).tolist()
            operands = [x[k] for k in picked]
            if rng.random() < 0.4:
                operands[2] = p.const(int(rng.integers(-9, 10)) or 4)
            values.append(p.sum_of_three([(v, by, 1 - 2 * negative) for v, by, negative in
                                          zip(operands, shifts, signs, strict=True)]))
    p.output(values)
    return p


def test_written_instances_equal_written_expressions(tmp_path):
    assert proved(tmp_path, PRIMITIVE + both(sums()), MODELS)


def test_both_are_written():
    program = sums()
    text = module(program, schedule(program, delay_model("xcup"), 200.0))
    plain, mapped = text.split(f"`ifdef {MACRO}")[1].split("`endif")[0].split("`else")[::-1]
    count = sum(step.kind is Kind.SUM for step in program.steps)
    assert mapped.count("nnhw_add3 #(") == plain.count("  assign ") == count
    assert add3.MACRO == MACRO


def test_one_lut_and_one_carry_position_a_bit(tmp_path):
    (tmp_path / "add3.v").write_text(
        PRIMITIVE + "module top(input [11:0] a, b, c, output [11:0] s); "
        "nnhw_add3 #(12, 0, 1, 0) add(a, b, c, s); endmodule\n")
    run_yosys(["read_verilog add3.v", "synth_xilinx -family xcup -flatten -noiopad -top top",
               "tee -o cells.json stat -json"], tmp_path)
    text = (tmp_path / "cells.json").read_text()
    cells = json.loads(text[text.index("{"):])["design"]["num_cells_by_type"]
    assert cells["LUT6_2"] == 12 and cells["CARRY4"] == 3
    assert sum(n for kind, n in cells.items() if kind.startswith("LUT")) == 12


def test_families_agree_with_the_delay_model():
    for name in ("xc7", "xcup", "ecp5", "ice40", "gowin", "nexus"):
        assert (delay_model(name).operands == 3) == (name in FAMILIES)
