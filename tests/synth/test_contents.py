# SPDX-License-Identifier: Apache-2.0
"""Contents of memories in files: Yosys reads the same memories from them."""

import json

import pytest

from nnhw.synth.contents import with_contents_apart
from nnhw.synth.yosys import run_yosys

OURS = """\
  reg [12:0] weights_0 [0:2];
  initial begin
    weights_0[0] = 13'h0fff;
    weights_0[1] = 13'h1abc;
    weights_0[2] = 13'h0000;
  end
"""
YOSYS_OWN = """\
  reg [31:0] \\storage$7  [1:0];
  initial begin
    \\storage$7 [0] = 32'd4294967295;
    \\storage$7 [1] = 32'd10;
  end
"""
WIDE = """\
  reg [89:0] wide [0:1];
  initial begin
    wide[0] = 90'h3ffffffffffffffffffffff;
    wide[1] = 90'h00000000000000000000001;
  end
"""
SPARSE = """\
  reg [3:0] sparse [0:5];
  initial begin
    sparse[0] = 4'h1;
    sparse[5] = 4'h2;
  end
"""
UNKNOWN = """\
  reg [3:0] unknown [0:1];
  initial begin
    unknown[0] = 4'h1;
    unknown[1] = 4'hx;
  end
"""
REGISTER = """\
  reg [3:0] register;
  initial begin
    register = 4'h3;
  end
"""


def module(memory):
    name = memory.split("] ")[1].split(" [")[0]
    return (f"module top(input clk, input [2:0] at, output reg [89:0] y);\n{memory}"
            f"  always @(posedge clk) y <= {name}[at];\nendmodule\n")


def contents(source, work):
    """(rows, width, bits) of the memories in a file of Verilog."""
    run_yosys([f"read_verilog {source}", "proc", "memory_collect", "write_json read.json"], work)
    cells = json.loads((work / "read.json").read_text())["modules"]["top"]["cells"].values()
    return [tuple(cell["parameters"][name] for name in ("SIZE", "WIDTH", "OFFSET", "INIT"))
            for cell in cells if cell["type"] == "$mem_v2"]


@pytest.mark.parametrize("memory", [OURS, YOSYS_OWN, WIDE])
def test_the_same_memory_is_read(memory, tmp_path):
    (tmp_path / "top.v").write_text(module(memory))
    (copy,) = with_contents_apart([tmp_path / "top.v"], tmp_path)
    text = (tmp_path / copy).read_text()
    assert "begin" not in text
    assert '$readmemh("verilog/top_0.hex", ' in text
    found = contents(copy, tmp_path)
    assert found == contents("top.v", tmp_path)
    assert len(found) == 1


@pytest.mark.parametrize("block", [SPARSE, UNKNOWN, REGISTER])
def test_other_blocks_stay(block, tmp_path):
    (tmp_path / "top.v").write_text(block)
    (copy,) = with_contents_apart([tmp_path / "top.v"], tmp_path)
    assert (tmp_path / copy).read_text() == block
    assert not list(tmp_path.glob("verilog/*.hex"))


def test_memories_of_a_file_have_files_of_their_own(tmp_path):
    (tmp_path / "top.v").write_text(OURS + WIDE)
    with_contents_apart([tmp_path / "top.v"], tmp_path)
    assert [(tmp_path / f"verilog/top_{k}.hex").read_text().split() for k in (0, 1)] == [
        ["fff", "1abc", "0"], ["3ffffffffffffffffffffff", "1"]]
