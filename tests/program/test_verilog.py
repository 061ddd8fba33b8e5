# SPDX-License-Identifier: Apache-2.0
import random
import re

import numpy as np
import pytest

from nnhw.hw.layout import DesignInterface, PortLayout
from nnhw.ir.types import TensorType
from nnhw.numeric.types import FixedType, Overflow, Rounding
from nnhw.program.adders import CONSTANT_MACRO
from nnhw.program.arithmetic import dot, fit, shift_right
from nnhw.program.delays import delay_model
from nnhw.program.memories import memory
from nnhw.program.schedule import schedule
from nnhw.program.verilog import module
from tests.program.circuits import every_kind, expected, one_port, random_beats, random_program


def written(program, clock_mhz=200.0, target="xcup"):
    return module(program, schedule(program, delay_model(target), clock_mhz))


def declared(text):
    text = re.sub(f"`elsif {CONSTANT_MACRO}.*?`else", "`else", text, flags=re.DOTALL)
    return re.findall(r"^  (?:input |output )?(?:wire|reg) (?:signed )?(?:\[\d+:\d+\] )?(\w+)",
                      text, re.MULTILINE)


@pytest.mark.parametrize("seed", range(30))
def test_names_are_declared_once(seed):
    names = declared(written(random_program(seed)))
    assert len(set(names)) == len(names)


def test_text_is_the_same_each_time():
    assert written(every_kind()) == written(every_kind())


def test_yosys_finds_nothing_to_complain_of(tmp_path):
    from pyosys import libyosys

    source = tmp_path / "leaves.v"
    source.write_text("".join(written(random_program(seed)) for seed in range(8))
                      + written(every_kind()))
    libyosys.log_to_stream = None
    design = libyosys.Design()
    for command in (f"read_verilog {source}", "hierarchy -check", "proc", "check -assert"):
        libyosys.run_pass(f"tee -q {command}", design)


def roundings():
    p, (x,) = one_port("roundings", [(-128, 127)])
    p.output([shift_right(p, x, shift, rounding) for rounding in Rounding for shift in (1, 3, 8)])
    return p


def overflows():
    p, (x,) = one_port("overflows", [(-128, 127)])
    p.output([fit(p, x, FixedType(width, 0, signed), overflow) for overflow in Overflow
              for width in (1, 4, 7) for signed in (True, False)])
    return p


def products():
    p, x = one_port("products", [(-8, 7), (0, 15), (-3, -1), (5, 9)])
    weights = ([3, -5, 7, 11], [-1, -1, -1, -1], [0, 0, 0, 0], [127, -128, 85, -86])
    p.output([dot(p, x, w, 40 - k) for k, w in enumerate(weights)])
    return p


def port(name, program, given):
    """Layout of a program's only input, or of its output."""
    if not given:
        return PortLayout(name, TensorType.of((len(program.outputs),), program.element),
                          len(program.outputs))
    bounds = [(s.low, s.high) for s in program.steps if s.kind.name == "INPUT"]
    low, high = (np.array(ends) for ends in zip(*bounds, strict=True))
    return PortLayout(name, TensorType(low.shape, low, high), len(low))


def side_by_side(programs, texts):
    """One top module with a pair of ports for each program."""
    pins, cells = ["input wire clk", "input wire rst"], []
    for k, (program, text) in enumerate(zip(programs, texts, strict=True)):
        leaf = re.search(r"^module (\w+)", text, re.MULTILINE)[1]
        width = program.element.width * len(program.outputs)
        pins += [f"input wire [{program.ports[0].width - 1}:0] i{k}_payload",
                 f"input wire i{k}_valid", f"output wire i{k}_ready",
                 f"output wire [{width - 1}:0] o{k}_payload",
                 f"output wire o{k}_valid", f"input wire o{k}_ready"]
        cells.append(f"  {leaf} u{k} (.clk(clk), .rst(rst), .i_x(i{k}_payload), "
                     f".i_valid(i{k}_valid), .i_ready(i{k}_ready), .o_payload(o{k}_payload), "
                     f".o_valid(o{k}_valid), .o_ready(o{k}_ready));")
    header = "module top (" + ",\n".join(pins) + ");\n"
    return header + "\n".join(cells) + "\nendmodule\n" + "".join(texts)


@pytest.fixture(scope="module")
def bulk(tmp_path_factory):
    from nnhw.sim.verilator import Bulk

    programs = [every_kind(), roundings(), overflows(), products(),
                *(random_program(seed, steps=50) for seed in range(100, 140))]
    rng = random.Random(5)
    texts = [written(p, rng.choice((20, 150, 250, 500)), rng.choice(("xcup", "ice40")))
             for p in programs]
    folder = tmp_path_factory.mktemp("verilog")
    (folder / "top.v").write_text(side_by_side(programs, texts))
    interface = DesignInterface(
        "top", tuple(port(f"i{k}", p, True) for k, p in enumerate(programs)),
        tuple(port(f"o{k}", p, False) for k, p in enumerate(programs)), 20, 1)
    return programs, Bulk(interface, [folder / "top.v"], folder / "work")


@pytest.mark.slow
@pytest.mark.parametrize("stall", [None, 1, 2])
def test_verilog_equals_golden(bulk, stall):
    programs, simulation = bulk
    inputs = {f"i{k}": random_beats(p, 500, k)["x"] for k, p in enumerate(programs)}
    for k in (1, 2):
        inputs[f"i{k}"][:256, 0] = np.arange(-128, 128)
    got = simulation.run(inputs, stall=stall).outputs
    for k, program in enumerate(programs):
        assert got[f"o{k}"].tolist() == expected(program, {"x": inputs[f"i{k}"]}), program.name


@pytest.mark.parametrize(("bits", "widths"), [(None, [39]), (10**4, [39]), (64, [18, 18, 3])])
def test_large_tables_ask_for_memory_blocks(bits, widths):
    """In words that lead through a block's own register."""
    p, (index,) = one_port("tables", [(0, 31)])
    columns = [[start + 200 * k for k in range(32)] for start in (1, 1000, 1500)]
    p.output(memory(p, index, columns, "words"))
    text = module(p, schedule(p, delay_model("ecp5"), 100), block_bits=bits)
    found = re.findall(r"reg \[(\d+):0\] words_n_rom\w* \[0:31\]", text)
    assert [int(top) + 1 for top in found] == widths
    assert text.count('(* ram_style = "block" *)') == (len(widths) if bits == 64 else 0)
