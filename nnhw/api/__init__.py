# SPDX-License-Identifier: Apache-2.0
"""The Python API behind ``import nnhw``, and the command line's engine room."""

from nnhw.api.data import DataSet, load_data
from nnhw.api.goals import Goal
from nnhw.api.model import CompiledModel, compile, load
from nnhw.api.verify import Verification

__all__ = ["CompiledModel", "DataSet", "Goal", "Verification", "compile", "load", "load_data"]
