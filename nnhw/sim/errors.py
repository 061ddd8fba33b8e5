# SPDX-License-Identifier: Apache-2.0
"""What a simulation can end with besides a result."""

from nnhw.errors import NNHWError

__all__ = ["SimulationError"]


class SimulationError(NNHWError):
    """The simulated design hung or broke a rule of its ports."""
