# SPDX-License-Identifier: Apache-2.0
"""The top module of DMA boards in Verilator, driven by cocotbext-axi and by the drivers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnhw
from nnhw import golden
from nnhw.api.data import random_mantissas
from nnhw.api.folder import load_interface, sources
from nnhw.api.vivado import write_project
from nnhw.boards import board
from nnhw.shell.wire import design_hash, identity, tensor_bytes
from nnhw.sim.cocotb import bench
from nnhw.version import __version__
from tests.conftest import small_network, writable_network

pytestmark = pytest.mark.slow
SAMPLES = 12


def facts(build, compiled):
    """What the bench must know, of this build and of the golden model."""
    interface = load_interface(build)
    source, sink = interface.inputs[0], interface.outputs[0]
    graph = compiled.graph
    x = random_mantissas(graph, SAMPLES)
    y = golden.run(graph, x)[graph.outputs[0].name]
    x = x[graph.inputs[0].name]
    hashed = design_hash(interface, sources(build))

    def beats(port, values):
        size = port.payload_width // 8
        return [[int.from_bytes(row[at:at + size], "little") for at in range(0, len(row), size)]
                for row in tensor_bytes(port, values)]

    return {"source": source.name, "sink": sink.name, "x": x.tolist(), "y": y.tolist(),
            "inputs": beats(source, x), "outputs": beats(sink, y),
            "own_bytes": [source.payload_width // 8, sink.payload_width // 8],
            "identity": json.loads(identity(interface, hashed, __version__,
                                            board("pynq_z1").clock_hz))}


@pytest.mark.parametrize(("io", "writable"), [("stream", True), ("parallel", False)])
def test_under_the_masters_of_others(tmp_path, io, writable):
    pytest.importorskip("cocotbext.axi", reason="pip install nnhw[test] brings it")
    network = writable_network(0) if writable else small_network()
    compiled = nnhw.compile(network, nnhw.Config(reuse=2, ports="axi", io=io))
    build = tmp_path / "build"
    compiled.write(build)
    work = write_project(build, board("pynq_z1"))
    sim = work / "sim"
    sim.mkdir()
    shutil.copy(Path(bench.__file__).with_name("simulate.py"), sim / "run.py")
    shutil.copy(Path(__file__).with_name("axi_bench.py"), sim / "test_design.py")
    shutil.copy(work / "driver.py", sim)
    shutil.copy(write_project(build, board("alveo_u50")) / "driver.py", sim / "driver_xdma.py")
    told = facts(build, compiled)
    if writable:
        other = compiled.retrained(writable_network(1))
        other.save_weights(sim / "retrained.npz")
        compiled.save_weights(sim / "original.npz")
        told["retrained"] = other.predict(np.array(told["x"]), raw=True).tolist()
    else:
        compiled.save_weights(sim / "retrained.npz")  # no words at all
    (sim / "facts.json").write_text(json.dumps(told))
    files = [f"../../rtl/{path.name}" for path in sources(build)] + ["nnhw_pynq_z1.v"]
    (sim / "design.json").write_text(json.dumps({"top": "nnhw_pynq_z1", "sources": files}))
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, str(sim / "run.py")], cwd=tmp_path, text=True,
                          capture_output=True, env=environment)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    tests = [line for line in done.stdout.splitlines() if "tests passed" in line]
    assert tests == ["nnhw_pynq_z1: 18 of 18 tests passed"]
