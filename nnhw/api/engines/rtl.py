# SPDX-License-Identifier: Apache-2.0
"""The Verilog, compiled by Verilator, as an engine."""

from collections.abc import Mapping

import numpy as np

from nnhw.api.engines import EngineRun, Job
from nnhw.numeric.types import Mantissas

__all__ = ["run"]

#: Frames that a run has at least, so that its interval is the steady one; samples then repeat.
_FRAMES = 24
#: As many where that was not the promised one: while queues fill, frames may follow faster.
_MORE_FRAMES = 120


def run(job: Job, inputs: Mapping[str, Mantissas], stall: int | None = None) -> EngineRun:
    """Compile the sources (once per folder) and run every sample through them."""
    from nnhw.sim.verilator import Bulk

    bulk = Bulk(job.interface, list(job.sources), job.work / "rtl")
    samples = len(next(iter(inputs.values())))
    ways_in = list(zip(job.interface.inputs, job.graph.inputs, strict=True))
    for frames in (_FRAMES, _MORE_FRAMES):
        again = np.arange(max(samples, frames)) % samples
        result = bulk.run({pins.name: inputs[port.name][again] for pins, port in ways_in},
                          stall=stall, load=job.load)
        if stall is not None or result.interval == job.interface.interval:
            break
    ways_out = zip(job.interface.outputs, job.graph.outputs, strict=True)
    outputs = {port.name: result.outputs[pins.name][:samples] for pins, port in ways_out}
    return EngineRun(outputs, result.latency, result.interval, result.cycles)
