# SPDX-License-Identifier: Apache-2.0
"""da4ml's or alkaid's circuit of one case; runs in their environment, without nnhw.

``python spatial_peer.py da4ml case.npz folder levels`` writes Verilog into ``folder`` and prints
figures as JSON; ``levels`` is the number of adder levels in a pipeline stage.
"""

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np


def main() -> None:
    """Entry point."""
    name, source, folder, levels = sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])
    data = np.load(source)
    begun = time.perf_counter()
    logic, scale = _traced(name, data)
    rtl = importlib.import_module(f"{name}.codegen")
    options = {} if name == "da4ml" else {"ternary_fuse": False}
    model = rtl.RTLModel(logic, prj_name=f"{name}_top", path=folder, latency_cutoff=levels,
                         **options)
    model.write()
    seconds = time.perf_counter() - begun
    got = logic.predict(data["x"].astype(np.float64), n_threads=1)
    got = np.rint(got / 2.0**scale).astype(np.int64)
    stages = len(model._pipe.solutions) - 1 if name == "da4ml" else int(model.latency) - 1
    print(json.dumps({"exact": bool((got == data["y"]).all()), "seconds": seconds,
                      "stages": stages, "cost": float(logic.cost),
                      "adders": sum(op.opcode in (0, 1) for op in logic.ops)}))


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
