# SPDX-License-Identifier: Apache-2.0
"""The golden model as an engine."""

from collections.abc import Mapping

from nnhw import golden
from nnhw.api.engines import EngineRun, Job
from nnhw.numeric.types import Mantissas

__all__ = ["run"]


def run(job: Job, inputs: Mapping[str, Mantissas], stall: int | None = None) -> EngineRun:
    """Run every sample in NumPy; there are no cycles to stall."""
    return EngineRun(golden.run(job.graph, inputs))
