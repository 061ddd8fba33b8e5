# SPDX-License-Identifier: Apache-2.0
"""What a design will take of an FPGA, before synthesis."""

from nnhw.estimate.estimate import Estimate, by_layer, total

__all__ = ["Estimate", "by_layer", "total"]
