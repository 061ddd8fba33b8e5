# SPDX-License-Identifier: Apache-2.0
"""Spatial circuits side by side: nnhw, da4ml and alkaid on the same weights and quantizers.

``python benchmarks/spatial.py [case ...]`` makes an environment with da4ml and alkaid beside the
build folder, lets each write its Verilog, checks all outputs against NumPy, runs one Yosys flow
on all and prints figures and ratios.
"""

import argparse
import json
import subprocess
import sys
import time
import venv
from pathlib import Path

import numpy as np
from spatial_cases import CASES, Case, golden
from spatial_clock import clock_for, program_of, reached_mhz
from spatial_synthesis import fmax_mhz, primitive, synthesized

from nnhw.hw.layout import DesignInterface, PortLayout
from nnhw.ir.types import TensorType
from nnhw.program.rtl import Pipeline
from nnhw.program.verilog import module
from nnhw.sim.verilator import Bulk

PEERS = {"da4ml": "da4ml==0.6.0", "alkaid": "alkaid==0.8.2"}

#: So many adder levels a stage for the peers. Without peers, nnhw's clock: five adders of 12 bits,
#: a ReLU and a register by the delay model of UltraScale+.
LEVELS, CLOCK_MHZ = 5, 270.0

#: What the cells mean that the primitives are made of.
MODELS = """\
module LUT6_2 #(parameter [63:0] INIT = 0) (input I0, I1, I2, I3, I4, I5, output O5, O6);
  assign O5 = INIT[{1'b0, I4, I3, I2, I1, I0}];
  assign O6 = INIT[{I5, I4, I3, I2, I1, I0}];
endmodule
module CARRY4 (output [3:0] CO, O, input CI, CYINIT, input [3:0] DI, S);
  assign O = S ^ {CO[2:0], CI | CYINIT};
  assign CO[0] = S[0] ? CI | CYINIT : DI[0];
  assign CO[1] = S[1] ? CO[0] : DI[1];
  assign CO[2] = S[2] ? CO[1] : DI[2];
  assign CO[3] = S[3] ? CO[2] : DI[3];
endmodule
module CCU2C #(parameter [15:0] INIT0 = 0, INIT1 = 0, INJECT1_0 = "", INJECT1_1 = "")
  (input CIN, A0, B0, C0, D0, A1, B1, C1, D1, output S0, S1, COUT);
  wire propagate0 = INIT0[{D0, C0, B0, A0}], propagate1 = INIT1[{D1, C1, B1, A1}];
  wire between = propagate0 ? CIN : INIT0[{2'b0, B0, A0}];
  assign S0 = propagate0 ^ CIN;
  assign S1 = propagate1 ^ between;
  assign COUT = propagate1 ? between : INIT1[{2'b0, B1, A1}];
endmodule
"""


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(CASES)}; default all")
    parser.add_argument("--work", type=Path, default=Path("spatial_build"))
    parser.add_argument("--family", default="xcup", help="xcup, xc7 or ecp5")
    parser.add_argument("--clock", type=float, help="goal for nnhw, in MHz; left out: what the "
                        f"better peer reaches by nnhw's delay model, {CLOCK_MHZ:.0f} without peers")
    parser.add_argument("--pnr", action="store_true", help="Fmax too, on ECP5")
    parser.add_argument("--peers", default="da4ml,alkaid")
    options = parser.parse_args()
    peers = [name for name in options.peers.split(",") if name]
    python = environment(options.work / "peers") if peers else None
    ratios = []
    for name in options.cases or CASES:
        case, work = CASES[name](), options.work / name
        work.mkdir(parents=True, exist_ok=True)
        print(f"\n{case.name}, {options.family}", flush=True)
        rows = {}
        for peer in peers:
            rows[peer] = run_peer(peer, python, case, work)
            rows[peer] |= _measured(options, work / peer, f"{peer}_top")
            _show(peer, rows[peer])
        clock = options.clock or _clock(case, work, rows, options.family)
        rows["nnhw"] = _ours(case, work / "nnhw", options.family, clock)
        rows["nnhw"] |= _measured(options, work / "nnhw", "case_pipeline")
        _show("nnhw", rows["nnhw"])
        ratios.append(_ratios(rows))
    if peers and len(ratios) > 1:
        means = {key: float(np.exp(np.mean([np.log(r[key]) for r in ratios]))) for key in ratios[0]}
        print("\ngeometric mean of ratios:", {key: round(v, 3) for key, v in means.items()})


def environment(folder: Path) -> Path:
    """Python of an environment with the peers; made once."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PEERS.values()], check=True)
    return python.absolute()


def run_peer(name: str, python: Path, case: Case, work: Path, *more: str,
             environment: dict[str, str] | None = None) -> dict:
    """What a peer makes of a case, in a folder of its own; ``more`` is for its script."""
    data = {"x": case.x, "y": golden(case), "layers": len(case.layers)}
    for k, layer in enumerate(case.layers):
        data |= {f"weight{k}": layer.weight, f"bias{k}": layer.bias,
                 f"shift{k}": -1 if layer.shift is None else layer.shift,
                 f"overflow{k}": layer.overflow}
    if case.model:
        data |= _hgq2_data(case)
    np.savez(work / "case.npz", **data)
    script = Path(__file__).with_name("spatial_peer.py")
    done = subprocess.run([python, script, name, work / "case.npz", work / name, str(LEVELS),
                           *more], check=True, capture_output=True, text=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def _hgq2_data(case: Case) -> dict:
    """Quantizers and quantized weights of a model of HGQ2, for the peers."""
    from nnhw.frontends.hgq2_file import read_hgq2
    from nnhw.frontends.hgq2_layers import affine
    from nnhw.frontends.hgq2_quantizers import precision

    data, layers = {}, [layer for layer in read_hgq2(case.model).layers if "Dense" in layer.kind]
    for k, layer in enumerate(layers):
        kernel, bias = affine(layer)
        to = precision(layer, "iq")
        data |= {f"k{k}": to.k[0], f"i{k}": to.i[0], f"f{k}": to.f[0], f"weight{k}": kernel.T,
                 f"bias{k}": bias}
    return data | {"layers": len(layers), "frac": int(case.graph.nodes[-1].op.y.frac)}


def _clock(case: Case, work: Path, rows: dict[str, dict], family: str) -> float:
    """What the better peer reaches by nnhw's delay model, or less where nnhw needs more stages."""
    if not rows:
        return CLOCK_MHZ
    better = min(rows, key=lambda name: rows[name]["lut"] + rows[name]["inv"])
    goal = reached_mhz(sorted((work / better / "stages").iterdir()), family)
    clock = clock_for(lambda: program_of(case.graph), family, goal, rows[better]["stages"])
    fallen = "" if clock == goal else f"; more stages than {better} there, so {clock:.1f} MHz"
    print(f"  clock  {better} reaches {goal:.1f} MHz by the delay model{fallen}", flush=True)
    return clock


def _ours(case: Case, folder: Path, family: str, clock_mhz: float) -> dict:
    begun = time.perf_counter()
    pipeline = Pipeline(program_of(case.graph), family, clock_mhz)
    text = module(pipeline.program, pipeline.schedule)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "case.v").write_text(text)
    seconds = time.perf_counter() - begun
    live = [pipeline.program.steps[k].kind.value for k in pipeline.schedule.live]
    got = _simulated(pipeline, folder, case.codes, family)
    return {"exact": bool((got == golden(case)).all()), "seconds": seconds, "clock": clock_mhz,
            "stages": pipeline.schedule.depth - 1,
            "adders": live.count("add") + live.count("sum")}


def _simulated(pipeline: Pipeline, folder: Path, x: np.ndarray, family: str) -> np.ndarray:
    """Outputs of the Verilog in Verilator, with the family's own adders."""
    program = pipeline.program
    lanes = [PortLayout("i", TensorType.of((x.shape[1],), program.ports[0].element), x.shape[1]),
             PortLayout("o", TensorType.of((len(program.outputs),), program.element),
                        len(program.outputs))]
    macro, text = primitive(family)
    top = (f"`define {macro}\n" + (folder / "case.v").read_text() + text + MODELS
           + f"module top(input clk, input rst, input [{program.ports[0].width - 1}:0] i_payload, "
           f"input i_valid, output i_ready, output [{lanes[1].type.element.width * lanes[1].lanes}"
           "-1:0] o_payload, output o_valid, input o_ready);\n"
           "case_pipeline u(.i_x0(i_payload), .*);\nendmodule\n")
    work = folder / "simulation"
    work.mkdir(exist_ok=True)
    (work / "top.sv").write_text(top)
    interface = DesignInterface("top", (lanes[0],), (lanes[1],), pipeline.latency, 1)
    return Bulk(interface, [work / "top.sv"], work / "work").run({"i": x}).outputs["o"]


def _measured(options: argparse.Namespace, folder: Path, top: str) -> dict:
    """Cells, sites, Fmax; on ECP5 carry chains of nnhw as it maps them, the peers' both ways."""
    own = top == "case_pipeline" and options.family == "ecp5"
    row = synthesized(options.family, folder, top, carries=own)
    if options.family == "ecp5":
        row["sites_carries"] = row["sites"] if own else synthesized(
            options.family, folder, top, carries=True)["sites"]
    if options.pnr:
        row["fmax"] = fmax_mhz(folder, top, carries=own)
    return row


def _show(name: str, row: dict) -> None:
    text = ", ".join(f"{k} {v:.1f}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items())
    print(f"  {name:7}{text}", flush=True)


def _ratios(rows: dict[str, dict]) -> dict[str, float]:
    """nnhw over the best peer, figure by figure."""
    peers = [row for name, row in rows.items() if name != "nnhw"]
    if not peers:
        return {}
    for row in rows.values():
        row["lut+inv"] = row["lut"] + row["inv"]
    ours = rows["nnhw"]
    result = {key: ours[key] / min(row[key] for row in peers)
              for key in ("lut+inv", "lut", "carry", "seconds", "sites", "sites_carries")
              if key in ours}
    best = min(peers, key=lambda row: row["lut+inv"])
    result["ff"] = ours["ff"] / best["ff"]
    if all(row.get("fmax") for row in rows.values()):
        result["fmax"] = ours["fmax"] / max(row["fmax"] for row in peers)
    print("  ratios ", {key: round(v, 3) for key, v in result.items()}, flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
