# SPDX-License-Identifier: Apache-2.0
"""Write the bench: three files for every design, and two that say which design it is."""

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from nnhw.hw.layout import DesignInterface, PortLayout
from nnhw.numeric.types import Mantissas

__all__ = ["FRAMES", "write_bench"]

#: Most frames written as test vectors: Python works every cycle of a cocotb simulation.
FRAMES = 20

#: File in this package -> file in ``sim/``.
FILES = {"bench.py": "test_design.py", "simulate.py": "run.py", "Makefile": "Makefile"}


def write_bench(folder: Path, interface: DesignInterface, sources: list[str],
                vectors_in: Mapping[str, Mantissas], vectors_out: Mapping[str, Mantissas],
                frames: int = FRAMES) -> Path:
    """Write ``sim/`` into a build folder and return its path; ``python sim/run.py`` runs it.

    Parameters
    ----------
    folder : Path
        The build folder.
    interface : DesignInterface
        Ports and promised timing.
    sources : list of str
        Verilog files, relative to ``folder``.
    vectors_in, vectors_out : mapping of str to Mantissas
        Inputs and expected outputs by port name, shape ``(batch, *shape)``.
    frames : int
        At most so many of them are written.
    """
    sim = folder / "sim"
    sim.mkdir(parents=True, exist_ok=True)
    bench = resources.files("nnhw.sim.cocotb") / "bench"
    for name, target in FILES.items():
        (sim / target).write_text((bench / name).read_text())
    (sim / "design.json").write_text(_design(interface, sources))
    inputs = {port.name: vectors_in[port.name][:frames] for port in interface.inputs}
    outputs = {port.name: vectors_out[port.name][:frames] for port in interface.outputs}
    (sim / "vectors.json").write_text(
        f'{{"inputs": {_vectors(inputs)},\n "outputs": {_vectors(outputs)}}}\n')
    return sim


def _design(interface: DesignInterface, sources: list[str]) -> str:
    described = {
        "top": interface.top,
        "axi": interface.axi,
        "latency": interface.latency,
        "interval": interface.interval,
        "sources": [Path(source).as_posix() for source in sources],
        "load": list(interface.load_pins),
        "inputs": [_port(port) for port in interface.inputs],
        "outputs": [_port(port) for port in interface.outputs],
    }
    return json.dumps(described, indent=2) + "\n"


def _port(port: PortLayout) -> dict[str, Any]:
    return {"name": port.name, "shape": list(port.type.shape), "lanes": port.lanes,
            "stride": port.stride, "signed": port.element.signed}


def _vectors(arrays: Mapping[str, Mantissas]) -> str:
    """JSON, one frame a line; JSON knows no largest integer."""
    parts = []
    for name, array in arrays.items():
        flat = np.asarray(array).reshape(len(array), -1)
        lines = ",\n  ".join(json.dumps([int(value) for value in frame]) for frame in flat)
        parts.append(f'{json.dumps(name)}: [\n  {lines}]')
    return "{" + ", ".join(parts) + "}"
