# SPDX-License-Identifier: Apache-2.0
"""The HLS C++, compiled by g++, as an engine."""

from collections.abc import Mapping

from nnhw.api.engines import EngineRun, Job
from nnhw.errors import ConfigError
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(job: Job, inputs: Mapping[str, Mantissas], stall: int | None = None) -> EngineRun:
    """Compile the project (once per folder) and run every sample; there are no cycles to stall."""
    from nnhw.hls.engine import Csim

    if job.load is not None:
        raise ConfigError("the C++ has the weights it was built with; verify other weights with "
                          "--engines golden,rtl")

    return EngineRun(Csim(job.work.parent / "hls", job.work / "hls").run(inputs))
