# SPDX-License-Identifier: Apache-2.0
"""The engine ``hls``: a project's C++ compiled by g++ and run on whole batches."""

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnhw.errors import DataError, ToolError
from nnhw.hls.headers import find_headers
from nnhw.hw.layout import PortLayout
from nnhw.ir.types import TensorType
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import FixedType, Mantissas
from nnhw.sim.tools import require_compiler, run_tool
from nnhw.sim.verilator.transport import from_bytes, to_bytes

__all__ = ["FLAGS", "Csim"]

#: What the compiler gets. It knows no pragmas of HLS tools; and optimizing across the functions of
#: the ap headers, it takes their constructors for readers of what is not set yet.
FLAGS = ("-std=c++14", "-O2", "-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Wno-uninitialized",
         "-Wno-maybe-uninitialized")


class Csim:
    """The C++ of a project, and the program made of it.

    Parameters
    ----------
    folder : Path
        The project, as ``nnhw.hls.project.write`` makes it.
    work : Path or None
        Where to compile; None is ``work`` in the project's folder.
    flags : sequence of str
        For the compiler.

    Raises
    ------
    ToolError
        If the folder holds no project.
    """

    def __init__(self, folder: Path, work: Path | None = None,
                 flags: tuple[str, ...] = FLAGS) -> None:
        self.folder = Path(folder).resolve()
        self.work = Path(work or self.folder / "work").resolve()
        self.flags = flags
        self.top, self.inputs, self.outputs = _read_ports(self.folder)

    def compile(self) -> Path:
        """Build the program, unless that of the same sources is there; return its path.

        Raises
        ------
        ToolError
            If g++ or the ap headers are missing, or the compiler refuses the sources.
        """
        compiler, headers = require_compiler(), find_headers()
        program, stamp = self.work / "bulk", self.work / "stamp"
        wanted = self._digest(compiler, headers)
        if program.exists() and stamp.exists() and stamp.read_text() == wanted:
            return program
        self.work.mkdir(parents=True, exist_ok=True)
        stamp.unlink(missing_ok=True)
        run_tool([compiler, *self.flags, f"-I{self.folder / 'gxx'}", "-isystem", str(headers),
                  str(self.folder / f"{self.top}.cpp"),
                  str(self.folder / "bench" / "bulk.cpp"), "-o", str(program)], self.work)
        stamp.write_text(wanted)
        return program

    def _sources(self) -> Iterator[Path]:
        for pattern in ("*.cpp", "*.h", "bench/*", "gxx/*", "include/*", "weights/*"):
            yield from sorted(self.folder.glob(pattern))

    def _digest(self, compiler: str, headers: Path) -> str:
        digest = hashlib.sha256(repr((compiler, str(headers), self.flags)).encode())
        for path in self._sources():
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def run(self, inputs: Mapping[str, Mantissas]) -> dict[str, Mantissas]:
        """Run a batch; compiles first if need be.

        Parameters
        ----------
        inputs : mapping of str to Mantissas
            By name of the network's inputs, shape ``(batch, *shape)``.

        Returns
        -------
        dict of str to Mantissas
            By name of the network's outputs.

        Raises
        ------
        DataError
            If inputs are missing, of the wrong shape or out of range.
        ToolError
            If the program cannot be built, or fails.
        """
        program = self.compile()
        batch = {name: _checked(name, layout, inputs) for name, layout in self.inputs.items()}
        frames = len(next(iter(batch.values())))
        if any(len(array) != frames for array in batch.values()):
            raise DataError("inputs must have the same batch, not "
                            + ", ".join(f"{k} {len(v)}" for k, v in batch.items()))
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            place = Path(folder)
            for k, (name, layout) in enumerate(self.inputs.items()):
                (place / f"in_{k}.bin").write_bytes(to_bytes(layout, batch[name]))
            _run(program, frames, place)
            return {name: from_bytes(layout, (place / f"out_{k}.bin").read_bytes(), frames)
                    for k, (name, layout) in enumerate(self.outputs.items())}


def _read_ports(folder: Path) -> tuple[str, dict[str, PortLayout], dict[str, PortLayout]]:
    """Name of the top function, and layout of each port by its name in the network."""
    try:
        found = json.loads((folder / "bench" / "ports.json").read_text(encoding="utf-8"))
        inputs, outputs = ({port["name"]: _layout(port) for port in found[way]}
                           for way in ("inputs", "outputs"))
        return found["top"], inputs, outputs
    except (OSError, ValueError, KeyError) as error:
        raise ToolError(f"{folder} holds no HLS project of nnhw; build again") from error


def _layout(port: dict[str, Any]) -> PortLayout:
    element = FixedType(port["width"], port["frac"], port["signed"])
    return PortLayout(port["variable"], TensorType.of(tuple(port["shape"]), element),
                      port["lanes"], port["axi"])


def _checked(name: str, layout: PortLayout, inputs: Mapping[str, Mantissas]) -> Mantissas:
    if name not in inputs:
        raise DataError(f"input {name} is missing; given are "
                        + (", ".join(sorted(inputs)) or "none"))
    array = as_mantissas(np.asarray(inputs[name]))
    if array.ndim == 0 or len(array) == 0 or array.shape[1:] != layout.type.shape:
        raise DataError(f"input {name} must have shape (batch, "
                        f"{', '.join(map(str, layout.type.shape))}), not {array.shape}")
    return array


def _run(program: Path, frames: int, place: Path) -> None:
    done = subprocess.run([str(program), str(frames)], cwd=place, capture_output=True, text=True,
                      errors="replace")
    if done.returncode:
        reason = " ".join(done.stderr.split()) or f"it ended with {done.returncode}"
        raise ToolError(f"the compiled HLS C++ failed: {reason}")
