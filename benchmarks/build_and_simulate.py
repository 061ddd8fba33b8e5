# SPDX-License-Identifier: Apache-2.0
"""Seconds and memory of a build, and inferences a minute of its RTL in bulk simulation.

Without MODEL, a dense layer of 1024 inputs and 1024 outputs with seeded 12-bit weights. The build
runs as a process of its own, so that its memory is its own. Prints one line of JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WIDE = """
import numpy as np
import nnhw

rng = np.random.default_rng(0)
model = nnhw.Sequential(
    nnhw.Input(1024, "fixed<16,6>"),
    nnhw.Dense(rng.integers(-2000, 2001, (1024, 1024)), precision="int<12>", name="wide"),
    nnhw.Quantize("fixed<16,30>", name="narrowed"))
"""


def arguments():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, nargs="?", help="model file; a wide layer without")
    parser.add_argument("--reuse", default=None, help="reuse factor (4, or 1024 for the layer)")
    parser.add_argument("--samples", type=int, default=None)
    return parser.parse_args()


def built(model, reuse, folder):
    """Seconds and peak memory of ``nnhw build``."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", "nnhw", "build", str(model), "-o", str(folder),
                    "--reuse", reuse], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {"build_seconds": round(seconds, 2), "build_mib": round(peak)}


def simulated(folder, samples):
    """Compile seconds, inferences a minute after compiling, and words that differ from golden."""
    from nnhw import golden
    from nnhw.api.folder import load_graph, load_interface, sources
    from nnhw.sim.verilator import Bulk

    graph, interface = load_graph(folder), load_interface(folder)
    rng = np.random.default_rng(1)
    inputs = {port.name: rng.integers(*port.type.bounds, (samples, *port.type.shape),
                                      endpoint=True) for port in graph.inputs}
    bulk = Bulk(interface, list(sources(folder)), folder / "work")
    begun = time.perf_counter()
    bulk.compile()
    compiled = time.perf_counter() - begun
    begun = time.perf_counter()
    result = bulk.run(inputs)
    seconds = time.perf_counter() - begun
    expected = golden.run(graph, inputs)
    differ = sum(int((result.outputs[name] != expected[name]).sum()) for name in expected)
    return {"compile_seconds": round(compiled, 1),
            "inferences_per_minute": round(samples / seconds * 60), "mismatches": differ,
            "latency": [interface.latency, result.latency],
            "interval": [interface.interval, result.interval]}


def main():
    """Build, simulate, print."""
    options = arguments()
    with tempfile.TemporaryDirectory() as work:
        model = options.model
        if model is None:
            model = Path(work, "wide.py")
            model.write_text(WIDE)
        reuse = options.reuse or ("4" if options.model else "1024")
        samples = options.samples or (50_000 if options.model else 100)
        folder = Path(work, "build")
        print(json.dumps({"model": model.name, "reuse": reuse, "samples": samples,
                          **built(model, reuse, folder), **simulated(folder, samples)}))


if __name__ == "__main__":
    main()
