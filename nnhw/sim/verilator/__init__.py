# SPDX-License-Identifier: Apache-2.0
"""Bulk simulation: a design compiled together with a C++ harness, no Python per cycle."""

from nnhw.sim.verilator.bulk import Bulk, BulkResult

__all__ = ["Bulk", "BulkResult"]
