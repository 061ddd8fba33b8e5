# SPDX-License-Identifier: Apache-2.0
"""Fmax of a spatial circuit on ECP5: Yosys, nextpnr, all ports in registers of a shift chain."""

import re
from pathlib import Path

from nnhw.boards.parts import PARTS
from nnhw.synth.families import family
from nnhw.synth.nextpnr import place_and_route, read_timing
from nnhw.synth.yosys import run_yosys

__all__ = ["fmax_mhz"]

#: Beyond what any circuit reaches, so that the placer does its best.
_GOAL_MHZ = 300.0


def fmax_mhz(folder: Path, files: list[Path], top: str, flow: tuple[str, ...],
             adders: str) -> float | None:
    """MHz after place and route on an LFE5U-85F; None where nextpnr reports no path."""
    ports = _ports(next(text for f in files if f"module {top}" in (text := f.read_text())), top)
    work = folder / "fmax"
    work.mkdir(exist_ok=True)
    (work / "adders.map").write_text(adders)
    (work / "around.v").write_text(_around(top, ports))
    read = " ".join(str(f.absolute()) for f in (*files, work / "around.v"))
    run_yosys([f"read_verilog -defer {read}", "hierarchy -top around", *flow,
               "synth_ecp5 -nodsp -top around -json netlist.json"], work)
    report = place_and_route(family("ecp5"), PARTS["lfe5u-85f-bg381"], work / "netlist.json",
                             work / "placed.out", mhz=_GOAL_MHZ, told=lambda step: None)
    return read_timing(report, []).fmax_mhz


def _ports(text: str, top: str) -> list[tuple[str, str, int]]:
    """Direction, name and width of each port, the clock left out."""
    head = text[text.index(f"module {top}"):]
    found = re.findall(r"\b(input|output)\s+(?:reg|wire)?\s*(?:\[(\d+):0\])?\s*(\w+)",
                       head[:head.index(");")])
    return [(way, name, int(high or 0) + 1) for way, high, name in found if name != "clk"]


def _around(top: str, ports: list[tuple[str, str, int]]) -> str:
    """Verilog of a top of four pins, in which every path ends in a register."""
    sizes = {way: sum(w for d, _, w in ports if d == way) for way in ("input", "output")}
    at, wires = {"input": 0, "output": 0}, [".clk(clk)"]
    for way, name, width in ports:
        register = "stimulus" if way == "input" else "response"
        wires.append(f".{name}({register}[{at[way] + width - 1}:{at[way]}])")
        at[way] += width
    return (f"module around(input clk, input si, input capture, output so);\n"
            f"  reg [{sizes['input'] - 1}:0] stimulus;\n"
            f"  reg [{sizes['output'] - 1}:0] caught;\n"
            f"  wire [{sizes['output'] - 1}:0] response;\n"
            "  always @(posedge clk) begin\n    stimulus <= {stimulus, si};\n"
            "    caught <= capture ? response : caught >> 1;\n  end\n"
            f"  assign so = caught[0];\n  {top} dut ({', '.join(wires)});\nendmodule\n")
