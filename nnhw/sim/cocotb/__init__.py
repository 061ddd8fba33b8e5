# SPDX-License-Identifier: Apache-2.0
"""The self-checking cocotb bench that every build folder carries."""

from nnhw.sim.cocotb.write import write_bench

__all__ = ["write_bench"]
