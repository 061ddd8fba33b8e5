# SPDX-License-Identifier: Apache-2.0
"""Samples a second of golden and of the compiled HLS C++, beside hls4ml's, in one run.

hls4ml and what it needs are installed into a virtual environment of their own (``--venv``), once.
Both sides are compiled before the clock starts; CPU seconds are those of the process and of its
children. Prints one line of JSON.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HLS4ML = """
import json, resource, sys, time
import numpy as np, onnx, hls4ml
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.util.cleanup import cleanup_model
path, x, work = sys.argv[1], np.load(sys.argv[2]), sys.argv[3]
model = cleanup_model(ModelWrapper(path))
config = hls4ml.utils.config_from_onnx_model(
    model, granularity="name", backend="Vitis", default_precision="fixed<16,6>")
net = hls4ml.converters.convert_from_onnx_model(
    model, output_dir=work, project_name="net", backend="Vitis", io_type="io_parallel",
    hls_config=config)
begun = time.perf_counter(); net.compile(); compiled = time.perf_counter() - begun
net.predict(x[:16])
begun, cpu = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_utime
net.predict(np.ascontiguousarray(x))
print("RESULT " + json.dumps({
    "version": hls4ml.__version__, "compile_seconds": round(compiled, 2),
    "samples_per_second": round(len(x) / (time.perf_counter() - begun)),
    "samples_per_cpu_second": round(
        len(x) / (resource.getrusage(resource.RUSAGE_SELF).ru_utime - cpu))}))
"""


def arguments():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="float ONNX file with one vector input")
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--venv", type=Path, default=Path(tempfile.gettempdir()) / "hls4ml-venv",
                        help="environment for hls4ml; made if it is not there")
    parser.add_argument("--requirements", default="hls4ml[onnx] qonnx",
                        help="what pip installs there")
    parser.add_argument("--only-nnhw", action="store_true", help="leave hls4ml out")
    return parser.parse_args()


def children_cpu():
    """CPU seconds of this process and of all that it has waited for."""
    return sum(usage.ru_utime + usage.ru_stime for usage in map(
        resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))


def nnhw_side(model, x, work):
    """Our figures: fixed<16,6>, reuse 1, io parallel, as hls4ml's below; golden is compared."""
    from nnhw import golden
    from nnhw.config.config import Config
    from nnhw.frontends import load
    from nnhw.hls.engine import Csim
    from nnhw.hls.project import write
    from nnhw.hw.design import build
    from nnhw.passes.pipeline import optimize

    config = Config()
    graph = optimize(load(model, config, None))
    port = graph.inputs[0]
    cpu = children_cpu()
    inputs = {port.name: port.encode(x)}
    expected = golden.run(graph, inputs)
    golden_cpu = children_cpu() - cpu
    few = [{name: array[:8] for name, array in arrays.items()} for arrays in (inputs, expected)]
    design = build(graph, config)
    begun = time.perf_counter()
    write(graph, design, config, work, *few)
    emitted = time.perf_counter() - begun
    csim = Csim(work)
    begun = time.perf_counter()
    csim.compile()
    compiled = time.perf_counter() - begun
    begun, cpu = time.perf_counter(), children_cpu()
    outputs = csim.run(inputs)
    seconds, cpu = time.perf_counter() - begun, children_cpu() - cpu
    return {"golden_samples_per_cpu_second": round(len(x) / golden_cpu),
            "emit_seconds": round(emitted, 2), "compile_seconds": round(compiled, 2),
            "samples_per_second": round(len(x) / seconds),
            "samples_per_cpu_second": round(len(x) / cpu),
            "mismatches": sum(int((outputs[name] != expected[name]).sum()) for name in expected)}


def hls4ml_side(model, x, work, venv, requirements):
    """hls4ml's figures, from a process of its own environment."""
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *requirements], check=True)
    np.save(work / "x.npy", x)
    (work / "side.py").write_text(HLS4ML)
    done = subprocess.run([str(python), str(work / "side.py"), str(model), str(work / "x.npy"),
                           str(work / "project")], capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": ""})
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        return {"failed": (done.stderr.strip().splitlines() or ["no output"])[-1]}
    return json.loads(line.removeprefix("RESULT "))


def main():
    """Run both sides and print what was measured."""
    options = arguments()
    import onnx

    model = onnx.load(options.model)
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim[1:]]
    x = np.random.default_rng(0).normal(size=(options.samples, *shape)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "hls4ml").mkdir()
        found = {"model": options.model.name, "samples": options.samples,
                 "nnhw": nnhw_side(options.model, x, work / "nnhw")}
        if not options.only_nnhw:
            found["hls4ml"] = hls4ml_side(options.model.resolve(), x, work / "hls4ml",
                                          options.venv, options.requirements.split())
    print(json.dumps(found))


if __name__ == "__main__":
    main()
