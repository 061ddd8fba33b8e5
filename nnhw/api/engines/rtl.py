# SPDX-License-Identifier: Apache-2.0
"""The Verilog, compiled by Verilator, as an engine."""

from collections.abc import Mapping

from nnhw.api.engines import EngineRun, Job
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(job: Job, inputs: Mapping[str, Mantissas], stall: int | None = None) -> EngineRun:
    """Compile the sources (once per folder) and run every sample through them."""
    from nnhw.sim.verilator import Bulk

    bulk = Bulk(job.interface, list(job.sources), job.work / "rtl")
    ways_in = zip(job.interface.inputs, job.graph.inputs, strict=True)
    result = bulk.run({pins.name: inputs[port.name] for pins, port in ways_in}, stall=stall)
    ways_out = zip(job.interface.outputs, job.graph.outputs, strict=True)
    outputs = {port.name: result.outputs[pins.name] for pins, port in ways_out}
    return EngineRun(outputs, result.latency, result.interval, result.cycles)
