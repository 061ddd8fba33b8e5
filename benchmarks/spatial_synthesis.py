# SPDX-License-Identifier: Apache-2.0
"""What Yosys and nextpnr make of a spatial circuit: cells, LUT sites and Fmax."""

import json
import re
import time
from pathlib import Path

from nnhw.boards.parts import PARTS
from nnhw.program.adders import CONSTANT_MACRO, MACRO
from nnhw.synth.add3 import PRIMITIVE as ADD3
from nnhw.synth.add_constant import PRIMITIVE as ADD_CONSTANT
from nnhw.synth.carries import free_ends
from nnhw.synth.families import ECP5_ADDERS, family
from nnhw.synth.nextpnr import nextpnr_command, place_and_route, read_timing
from nnhw.synth.run import run_logged
from nnhw.synth.yosys import run_yosys

__all__ = ["fmax_mhz", "primitive", "synthesized"]

#: Adders are recognized one by one, before Yosys flattens: 8-9 % smaller for the peers; chains of
#: nnhw's would else become compressors of LUTs on ECP5.
_ADDERS = """(* techmap_celltype = "$add $sub" *) (* techmap_wrap = "alumacc" *)
module one_adder; endmodule
"""
_FLOW = ("proc", "opt_expr", "opt_clean", "techmap -map adders.map", "alumacc")

#: Where Fmax is measured, and a clock beyond what any circuit reaches: the placer does its best.
_PART, _GOAL_MHZ = PARTS["lfe5u-85f-bg381"], 300.0


def primitive(name: str) -> tuple[str, str]:
    """Macro and text of nnhw's adders for a family."""
    return (MACRO, ADD3) if name.startswith("xc") else (CONSTANT_MACRO, ADD_CONSTANT)


def synthesized(name: str, folder: Path, top: str, *, carries: bool) -> dict:
    """Cells of a circuit for a family, and on ECP5 the LUT sites that nextpnr packs them into.

    ``carries``: ECP5's carry chains as nnhw maps them (``carry_chain.v``), not as Yosys does.
    """
    work = folder / ("carries" if carries else "cells")
    begun = time.perf_counter()
    _mapped(name, work, top, _files(folder), carries)
    seconds = time.perf_counter() - begun
    text = (work / "cells.json").read_text()
    cells = json.loads(text[text.index("{"):])["design"]["num_cells_by_type"]
    def total(*starts: str) -> int:
        return sum(n for kind, n in cells.items() if kind.startswith(starts))
    # A carry cell of ECP5 is two LUTs; on Xilinx parts the LUTs beside the carry are counted.
    return {"lut": total("LUT") + 2 * total("CCU2C"), "inv": total("INV"),
            "carry": total("CARRY", "CCU2C"), "ff": total("FD", "TRELLIS_FF"),
            "srl": total("SRL"), "mux": total("MUXF", "PFUMX"), "yosys_s": seconds} | (
        {"sites": _packed(work)} if name == "ecp5" else {})


def fmax_mhz(folder: Path, top: str, *, carries: bool) -> float | None:
    """MHz after place and route on an LFE5U-85F, every port in a register; None without a path."""
    files, work = _files(folder), folder / "fmax"
    ports = _ports(next(text for f in files if f"module {top}" in (text := f.read_text())), top)
    work.mkdir(exist_ok=True)
    (work / "around.v").write_text(_around(top, ports))
    _mapped("ecp5", work, "around", [*files, work / "around.v"], carries)
    report = place_and_route(family("ecp5"), _PART, work / "netlist.json", work / "placed.out",
                             mhz=_GOAL_MHZ, told=lambda step: None)
    return read_timing(report, []).fmax_mhz


def _files(folder: Path) -> list[Path]:
    """Verilog of a circuit."""
    return [path for pattern in ("*.v", "src/*.v", "src/static/*.v")
            for path in sorted(folder.glob(pattern)) if not path.stem.endswith("_wrapper")]


def _mapped(name: str, work: Path, top: str, files: list[Path], carries: bool) -> None:
    """``netlist.json`` and ``cells.json``."""
    work.mkdir(exist_ok=True)
    macro, text = primitive(name)
    (work / "adders.map").write_text(_ADDERS)
    (work / "primitive.v").write_text(text)
    command = (f"synth_xilinx -family {name} -flatten -noiopad -noclkbuf -nodsp -top {top}"
               if name.startswith("xc") else f"synth_ecp5 -nodsp -top {top}")
    commands = [command] if not carries else [
        f"{command} -run begin:map_gates", *ECP5_ADDERS, f"{command} -run map_gates:"]
    read = " ".join(str(f.absolute()) for f in (*files, work / "primitive.v"))
    run_yosys([f"read_verilog -defer -D {macro} {read}", f"hierarchy -top {top}", *_FLOW,
               *commands, "tee -o cells.json stat -json", "write_json netlist.json"], work)
    if carries:
        free_ends(work / "netlist.json")


def _packed(work: Path) -> int:
    """LUT sites of a netlist on ECP5."""
    run_logged([*nextpnr_command(family("ecp5")), *_PART.nextpnr, "--json", "netlist.json",
                "--pack-only", "--lpf-allow-unconstrained"], work, work / "packed.log",
               name="nextpnr-ecp5")
    found = re.search(r"TRELLIS_COMB:\s*(\d+)/", (work / "packed.log").read_text())
    assert found is not None
    return int(found[1])


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
