# SPDX-License-Identifier: Apache-2.0
"""Processor seconds and memory of a build, from ONNX to Verilog, for networks of doubling size.

Each network is a chain of residual blocks (3x3 convolutions, ReLU, an addition) on 16x16 pixels
of 16 channels, with seeded weights; the build is a process of its own, so that its memory is its
own. Prints a line for each size: blocks, weights, seconds of processor time, MB, and the ratios to
the size before. The ratio of seconds falls short of 2 where start-up still counts, and stays near 2
where cost is linear.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS, PIXELS = 16, 16


def arguments():
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, default=5, help="how often the size is doubled")
    parser.add_argument("--reuse", default="144", help="reuse factor of all layers")
    return parser.parse_args()


def network(blocks, path):
    """Write a chain of residual blocks; returns the number of its weights."""
    rng = np.random.default_rng(0)
    nodes, weights, last = [], [], "x"
    for at in range(blocks):
        for name, source in ((f"a{at}", last), (f"b{at}", f"r{at}")):
            kernel = rng.normal(0, 0.05, (CHANNELS, CHANNELS, 3, 3)).astype(np.float32)
            weights.append(numpy_helper.from_array(kernel, f"{name}_weights"))
            nodes.append(helper.make_node("Conv", [source, f"{name}_weights"], [name],
                                          pads=[1, 1, 1, 1]))
            if name[0] == "a":
                nodes.append(helper.make_node("Relu", [name], [f"r{at}"]))
        nodes.append(helper.make_node("Add", [last, f"b{at}"], [f"s{at}"]))
        last = f"s{at}"
    value = helper.make_tensor_value_info
    graph = helper.make_graph(nodes, "chain", [value("x", TensorProto.FLOAT, [
        1, CHANNELS, PIXELS, PIXELS])], [value(last, TensorProto.FLOAT, None)], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, str(path))
    return sum(int(np.prod(tensor.dims)) for tensor in weights)


def spent():
    """Processor seconds of all children so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def built(model, reuse, folder):
    """Processor seconds and peak MB of ``nnhw build``, in a process of its own."""
    before = spent()
    code = ("import resource, runpy, sys; sys.argv[0] = 'nnhw'\n"
            "try: runpy.run_module('nnhw', run_name='__main__')\n"
            "finally: print(max(resource.getrusage(who).ru_maxrss for who in "
            "(resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)), file=sys.stderr)\n")
    done = subprocess.run([sys.executable, "-c", code, "build", str(model), "-o", str(folder),
                           "--io", "stream", "--reuse", reuse], check=True, text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return spent() - before, int(done.stderr.split()[-1]) / unit


def main():
    """Build every size and print its line."""
    options, before = arguments(), None
    print("blocks   weights  seconds     MB  seconds'  MB'")
    with tempfile.TemporaryDirectory() as folder:
        for blocks in (1 << k for k in range(options.sizes)):
            model = Path(folder) / f"chain{blocks}.onnx"
            weights = network(blocks, model)
            cost = built(model, options.reuse, Path(folder) / f"build{blocks}")
            ratios = [f"{now / then:7.2f}" for now, then in zip(cost, before, strict=True)
                      ] if before else []
            print(f"{blocks:6} {weights:9,} {cost[0]:8.1f} {cost[1]:6.0f}", *ratios, flush=True)
            before = cost


if __name__ == "__main__":
    main()
