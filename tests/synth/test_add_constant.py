# SPDX-License-Identifier: Apache-2.0
import json
import random

import pytest

from nnhw.program.adders import CONSTANT_MACRO, MACRO
from nnhw.program.delays import delay_model
from nnhw.program.schedule import schedule
from nnhw.program.verilog import module
from nnhw.synth import add_constant
from nnhw.synth.add_constant import FAMILIES, PRIMITIVE, REFERENCE
from nnhw.synth.yosys import run_yosys
from tests.program.circuits import one_port
from tests.synth.adders import both, proved

MODELS = "+/ecp5/cells_sim.v"

#: What leads into the chain may be anything: nextpnr is told to connect nothing there.
FREE = PRIMITIVE.replace("  assign carry[0] = 1'b0;\n", "")


@pytest.mark.parametrize("width", [1, 2, 5, 6, 7, 10, 13])
def test_primitive_equals_the_sum(tmp_path, width):
    assert FREE != PRIMITIVE
    rng, top = random.Random(width), (1 << width) - 1
    constants = {0, 1, top, top // 2, *(rng.randint(0, top) for _ in range(12))}
    lines = [f"wire [{width - 1}:0] s{k}, r{k}; nnhw_add_constant #({width}, {width}'d{k}) u{k}("
             f"a, b, s{k}); reference #({width}, {width}'d{k}) v{k}(a, b, r{k});"
             for k in sorted(constants)]
    equal = " & ".join(f"(s{k} == r{k})" for k in constants)
    text = FREE + REFERENCE.replace("nnhw_add_constant", "reference")
    text += f"module bench(input [{width - 1}:0] a, b, output ok);\n" + "\n".join(lines)
    assert proved(tmp_path, text + f"\nassign ok = {equal};\nendmodule\n", MODELS)


def sums():
    """Two operands and a constant, of every kind and shift."""
    rng, (p, x) = random.Random(1), one_port("sums", [(-8, 7), (0, 5), (-90, 30), (0, 1)])
    values = []
    for constant in (1, -1, 6, -40, 200, 1023, -1024):
        for _ in range(4):
            a, b = rng.sample(x, 2)
            values.append(p.sum_of_three([(a, rng.randrange(4), 1), (b, rng.randrange(4), 1),
                                          (p.const(constant), rng.randrange(2), 1)]))
    p.output(values)
    return p


def test_written_instances_equal_written_expressions(tmp_path):
    assert proved(tmp_path, FREE + both(sums(), constant=True), MODELS)


def test_they_are_written_where_all_sums_are_such():
    text = module(sums(), schedule(sums(), delay_model("ecp5"), 50.0))
    assert text.count("nnhw_add_constant #(") == text.count("nnhw_add3 #(") == 28
    p, x = one_port("three", [(-8, 7)] * 3)
    p.output([p.sum_of_three([(v, 0, 1) for v in x])])
    text = module(p, schedule(p, delay_model("xcup"), 200.0))
    assert CONSTANT_MACRO not in text and MACRO in text
    assert add_constant.MACRO == CONSTANT_MACRO


def test_one_lut_a_bit_and_one_more(tmp_path):
    for width in (11, 12):
        (tmp_path / "add.v").write_text(
            PRIMITIVE + f"module top(input [{width - 1}:0] a, b, output [{width - 1}:0] s); "
            f"nnhw_add_constant #({width}, {width}'d1365) add(a, b, s); endmodule\n")
        run_yosys(["read_verilog add.v", "synth_ecp5 -top top", "tee -o cells.json stat -json"],
                  tmp_path)
        text = (tmp_path / "cells.json").read_text()
        cells = json.loads(text[text.index("{"):])["design"]["num_cells_by_type"]
        assert (cells["CCU2C"], cells.get("LUT4", 0)) == (6, int(width == 12))


def test_families_agree_with_the_delay_model():
    for name in ("xc7", "xcup", "ecp5", "ice40", "gowin", "nexus"):
        assert delay_model(name).constants == (name in FAMILIES)
