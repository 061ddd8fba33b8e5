# SPDX-License-Identifier: Apache-2.0
"""Whole batches through a compiled design, with its latency and interval measured."""

import random
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nnhw.errors import DataError
from nnhw.hw.layout import DesignInterface
from nnhw.numeric.golden import as_mantissas
from nnhw.numeric.types import Mantissas
from nnhw.sim.errors import SimulationError
from nnhw.sim.timing import interval_of
from nnhw.sim.verilator.build import build
from nnhw.sim.verilator.ports import ports_header
from nnhw.sim.verilator.transport import from_bytes, to_bytes

__all__ = ["Bulk", "BulkResult"]


@dataclass(frozen=True, eq=False)
class BulkResult:
    """What came out of a run.

    Parameters
    ----------
    outputs : dict of str to Mantissas
        By port name, shape ``(batch, *shape)``.
    latency : int
        If input valid is first sampled high at clock edge ``t`` and output valid is first sampled
        high at edge ``t + L``, this is ``L``. Of the first frame, which meets an empty design.
    interval : int, float or None
        Steady-state cycles between the first beats of consecutive frames, a float where it
        is not whole; None with fewer than 3 frames or with stalls.
    cycles : int
        From the end of reset to the last beat.
    probes : dict of str to Mantissas
        What was watched, by name of the probe.
    """

    outputs: dict[str, Mantissas]
    latency: int
    interval: int | float | None
    cycles: int
    probes: dict[str, Mantissas] = field(default_factory=dict)


class Bulk:
    """A design in Verilog, and the program that simulates it.

    Parameters
    ----------
    interface : DesignInterface
        Ports and promised timing; the timing only scales how long a hang is waited for.
    sources : list of Path
        Verilog files.
    work : Path
        Folder for everything that is made; it is created.
    """

    def __init__(self, interface: DesignInterface, sources: list[Path], work: Path):
        self.interface = interface
        self.sources = [Path(source) for source in sources]
        self.work = Path(work).resolve()

    def compile(self, progress: Callable[[str], None] | None = None) -> Path:
        """Build the program, unless that of the same sources is there; return its path.

        Raises
        ------
        ToolError
            If Verilator or a C++ compiler is missing, or refuses the sources.
        """
        return build(self.interface.top, self.sources, ports_header(self.interface), self.work,
                     progress or (lambda step: None))

    def run(self, inputs: Mapping[str, Mantissas], *, stall: int | None = None,
            probability: float = 0.5, reset_in_frame: bool = False, patience: int | None = None,
            load: Mantissas | None = None,
            progress: Callable[[int, int], None] | None = None) -> BulkResult:
        """Run a batch; compiles first if need be.

        Parameters
        ----------
        inputs : mapping of str to Mantissas
            By port name, shape ``(batch, *shape)``.
        stall : int or None
            Seed of random gaps in valid and ready on all ports; None never stalls. Payloads that
            are not valid, and unused elements of a last beat, are then noise.
        probability : float
            How often a port stalls, on average.
        reset_in_frame : bool
            Reset the design in the middle of frames, several times, before the batch.
        patience : int or None
            Cycles without any beat after which the design counts as hung.
        load : Mantissas or None
            Address and data, shape (writes, 2), of what is written into memories before the batch.
        progress : callable or None
            Gets the frames done and to do, several times a second.

        Raises
        ------
        DataError
            If inputs are missing, of the wrong shape or out of range.
        SimulationError
            If the design hangs, breaks the handshake or tlast, or gives a beat too many.
        """
        program = self.compile()
        batch = self._checked(inputs)
        frames = len(next(iter(batch.values())))
        with tempfile.TemporaryDirectory(dir=self.work) as folder:
            place = Path(folder)
            for k, port in enumerate(self.interface.inputs):
                (place / f"in_{k}.bin").write_bytes(to_bytes(port, batch[port.name]))
            if load is not None:
                load.astype("<u4").tofile(place / "load.bin")
            options = self._options(frames, stall, probability, patience)
            resets = self._resets(stall) if reset_in_frame else []
            _run(program, [*options, *map(str, resets)], place, frames, progress)
            return self._result(place, frames, stalled=stall is not None)

    def _checked(self, inputs: Mapping[str, Mantissas]) -> dict[str, Mantissas]:
        batch = {}
        for port in self.interface.inputs:
            if port.name not in inputs:
                raise DataError(f"input {port.name} is missing; "
                                f"given are {', '.join(sorted(inputs)) or 'none'}")
            array = as_mantissas(inputs[port.name])
            if array.shape[1:] != port.type.shape or array.ndim == 0 or len(array) == 0:
                raise DataError(f"input {port.name} must have shape (batch, "
                                f"{', '.join(map(str, port.type.shape))}), not {array.shape}")
            batch[port.name] = array
        sizes = {name: len(array) for name, array in batch.items()}
        if len(set(sizes.values())) != 1:
            raise DataError(f"inputs must have the same batch, not {sizes}")
        return batch

    def _options(self, frames: int, stall: int | None, probability: float,
                 patience: int | None) -> list[str]:
        span = self.interface.latency + self.interface.interval
        wait = 10 * span + 10_000 if patience is None else patience
        seed = -1 if stall is None else stall
        return [str(option) for option in (frames, wait, 2 * span + 64, seed, probability)]

    def _resets(self, seed: int | None) -> list[int]:
        """Cycles to run before each reset: from the very first beat to a full pipeline."""
        span = self.interface.latency + 2 * self.interface.interval + 2
        rng = random.Random(seed or 0)
        middle = self.interface.latency + self.interface.interval // 2 + 1
        return [1, middle, *(rng.randrange(1, span + 1) for _ in range(3))]

    def _result(self, place: Path, frames: int, *, stalled: bool) -> BulkResult:
        outputs, probes = (
            {port.name: from_bytes(port, (place / f"{kind}_{k}.bin").read_bytes(), frames)
             for k, port in enumerate(ports)}
            for kind, ports in (("out", self.interface.outputs), ("probe", self.interface.probes)))
        began, ended = (np.fromfile(place / f"{name}.bin", dtype="<i8").tolist()
                        for name in ("began", "ended"))
        return BulkResult(outputs, ended[0] - began[0],
                          None if stalled else interval_of(ended),
                          int((place / "cycles.txt").read_text()), probes)


def _run(program: Path, options: list[str], place: Path, frames: int,
         progress: Callable[[int, int], None] | None) -> None:
    with subprocess.Popen([str(program), *options], cwd=place, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if progress is not None:
                progress(int(line), frames)
        complaint = process.stderr.read().strip()
    if process.returncode:
        raise SimulationError(complaint or f"the simulation ended with {process.returncode}")
